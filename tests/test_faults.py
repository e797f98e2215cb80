"""A network that goes silent, a pooler that was put in between, a database that turned read-only or is away."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import Database
from psycopg.conninfo import make_conninfo
from test_notification_delivery import Charity, Recorder
from test_worker import command
from wires import pooler_of, wire_to

from peerledger import database as database_module
from peerledger import metrics, nightly, queue_database
from peerledger.database import BoundedConnection
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import NoConnectionError, RunnerError
from peerledger.notify.delivery import Delivery
from peerledger.queue_database import DatabaseAwayError, QueueDatabase
from peerledger.settings import Settings
from peerledger.worker import Pace, Worker

pytestmark = pytest.mark.one_target

PATIENCE = 60


@pytest.fixture
def dsn(database: Database) -> str:
    return database.dsn(database.target.server.migrator_dsn)


def opened(dsn: str) -> RunnerDatabase:
    """With an end for a connection that is being made, as `open_database` gives it."""
    return RunnerDatabase(make_conninfo(dsn, connect_timeout="5"), is_embedded=False, psql=None)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same limits, in tenths of a second."""
    monkeypatch.setattr(queue_database, "_CALL_SECONDS", 1.0)
    monkeypatch.setattr(queue_database, "_LATE_SECONDS", 0.2)
    monkeypatch.setattr(database_module, "_ANSWER_SECONDS", 0.5)


# A connection that goes silent while TCP goes on. -----------------------------------------------------


def test_a_silent_connection_ends_a_call_and_the_next_one_is_made_anew(dsn: str, impatient: None) -> None:
    async def work() -> tuple[int, int]:
        with wire_to(dsn, only_first=True) as (wire, address):
            queue = QueueDatabase(address, "peerledger_test", lambda: None)
            await queue.fetch(psycopg.rows.tuple_row, "select 1")
            wire.freeze()
            with pytest.raises(DatabaseAwayError):
                await queue.fetch(psycopg.rows.tuple_row, "select 1")
            (row,) = await queue.fetch(psycopg.rows.tuple_row, "select 7")
            await queue.close()
            return row[0], queue.connected_times

    assert asyncio.run(asyncio.wait_for(work(), PATIENCE)) == (7, 2)


def test_ready_tells_of_the_connections_that_work(database: Database, dsn: str, impatient: None) -> None:
    """A new connection is answered; the one that delivers is not."""

    async def work() -> list[list[str]]:
        charity = Charity(database)
        with wire_to(dsn, only_first=True) as (wire, address):
            worker = Worker(opened(address), Settings.model_construct(), parts=())
            delivery = Charity.delivery(charity, Recorder())
            delivery.queue = QueueDatabase(address, "peerledger_test", lambda: None)
            worker.queues["notifications"] = delivery.queue
            await delivery.queue.fetch(psycopg.rows.tuple_row, "select 1")
            seen = [worker._problems()]
            wire.freeze()
            asking = asyncio.create_task(delivery.queue.fetch(psycopg.rows.tuple_row, "select 1"))
            while not worker._problems():
                await asyncio.sleep(0.02)
            seen.append(worker._problems())
            assert await metrics.read(opened(address))
            with pytest.raises(DatabaseAwayError):
                await asking
            seen.append(worker._problems())
            await delivery.queue.fetch(psycopg.rows.tuple_row, "select 1")
            seen.append(worker._problems())
            await delivery.queue.close()
            return seen

    before, waiting, away, after = asyncio.run(asyncio.wait_for(work(), PATIENCE))
    assert (before, after) == ([], [])
    assert "notifications: a call has waited" in waiting[0]
    assert "notifications: no answer" in away[0]


def test_ready_is_refused_while_a_connection_that_works_is_silent(dsn: str) -> None:
    async def work() -> list[int]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        found: list[str] = []
        codes = []
        async with metrics.served("127.0.0.1", port, opened(dsn), {"sync": "running"}, lambda: found):
            for words in ([], ["sync: no answer for 9 s"]):
                found[:] = words
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /ready HTTP/1.0\r\n\r\n")
                answer = (await reader.read()).decode()
                writer.close()
                codes.append(int(answer.split()[1]))
                assert all(word in answer for word in words)
        return codes

    assert asyncio.run(asyncio.wait_for(work(), PATIENCE)) == [200, 503]


def test_a_stop_ends_although_the_database_is_silent(database: Database, dsn: str, impatient: None) -> None:
    """Messages that were claimed, a seal and a night in a thread: each waits, and none for ever."""

    async def work() -> Worker:
        Charity(database).write(3)
        with wire_to(dsn) as (wire, address):
            worker = Worker(
                opened(address),
                Settings.model_construct(seal_seconds=0.01, notify_poll_seconds=0.1),
                parts=("notifications", "seal", "nightly"),
                pace=Pace(longest_stop=0.5),
            )
            running = asyncio.create_task(worker.run())
            while worker.states.get("seal") != "running" or "notifications" not in worker.queues:
                await asyncio.sleep(0.02)
            while not worker.queues["notifications"].connected_times:
                await asyncio.sleep(0.02)
            wire.freeze()
            worker.stop.set()
            await running
            return worker

    worker = asyncio.run(asyncio.wait_for(work(), PATIENCE))
    assert set(worker.states.values()) == {"stopped"}


def test_a_stop_ends_although_nobody_takes_what_was_sent(
    database: Database, dsn: str, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerledger.notify.delivery._GOODBYE", 0.5)
    recorder, stop = Recorder(), asyncio.Event()

    async def work() -> Delivery:
        charity = Charity(database)
        charity.write(3)
        with wire_to(dsn) as (wire, address):

            async def fall_silent(_: Any) -> None:
                wire.freeze()
                stop.set()

            recorder.on_send = fall_silent
            delivery = Delivery(address, recorder, 0.1)
            await delivery.run(stop)
            return delivery

    delivery = asyncio.run(asyncio.wait_for(work(), PATIENCE))
    assert recorder.sent
    assert len(delivery._unanswered) == 3


def test_what_a_thread_waits_for_can_be_called_off(dsn: str) -> None:
    """And the server rolls it back."""
    database = opened(dsn)
    with ThreadPoolExecutor() as threads, wire_to(dsn) as (wire, address):
        through = opened(address)
        # Closing waits for nobody, should it not be called off.
        with contextlib.closing(through.connect(autocommit=True)) as connection:
            wire.freeze()
            waiting = threads.submit(connection.execute, "select pg_sleep(3600)")
            while not through.longest_wait:
                time.sleep(0.01)
            through.call_off()
            with pytest.raises(psycopg.OperationalError, match="to stop"):
                waiting.result(PATIENCE)
            assert connection.closed
    with database.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_call_in_a_thread_has_an_end_of_its_own(dsn: str, impatient: None) -> None:
    with (
        ThreadPoolExecutor() as threads,
        wire_to(dsn) as (wire, address),
        contextlib.closing(opened(address).connect(autocommit=True, statement_seconds=0.1)) as connection,
    ):
        wire.freeze()
        waiting = threads.submit(connection.execute, "select 1")
        with pytest.raises(psycopg.OperationalError, match="has not answered"):
            waiting.result(PATIENCE)
        assert connection.closed


@pytest.mark.parametrize("is_called_off", [False, True])
def test_a_database_that_falls_silent_at_once_is_given_up(
    dsn: str, impatient: None, monkeypatch: pytest.MonkeyPatch, is_called_off: bool
) -> None:
    """Before the session has any limit of its own."""
    connect = BoundedConnection.connect
    if is_called_off:
        monkeypatch.setattr(database_module, "_ANSWER_SECONDS", 3600.0)
    with ThreadPoolExecutor() as threads, wire_to(dsn) as (wire, address):

        def connect_and_freeze(*given: Any, **options: Any) -> BoundedConnection:
            connection = connect(*given, **options)
            wire.freeze()
            return connection

        monkeypatch.setattr(BoundedConnection, "connect", connect_and_freeze)
        database = opened(address)
        if is_called_off:
            database.call_off()
        with pytest.raises(NoConnectionError, match="to stop" if is_called_off else "has not answered"):
            threads.submit(database.connect).result(PATIENCE)


# The server's end. ------------------------------------------------------------------------------------


def test_the_server_does_not_keep_a_session_whose_client_is_gone(dsn: str) -> None:
    """Its locks would keep mentors from registering anything, by the server's defaults for two hours."""
    bounded = {
        "idle_in_transaction_session_timeout",
        "statement_timeout",
        "transaction_timeout",
        "client_connection_check_interval",
    }
    query = "select name from pg_settings where name = any (%s) and setting <> '0'"

    async def of_queue() -> set[str]:
        queue = QueueDatabase(dsn, "peerledger_test", lambda: None)
        rows = await queue.fetch(psycopg.rows.tuple_row, query, list(bounded))
        await queue.close()
        return {name for (name,) in rows}

    with opened(dsn).connect(autocommit=True) as connection:
        found = {name for (name,) in connection.execute(query, (list(bounded),)).fetchall()}
    assert found == bounded
    assert asyncio.run(of_queue()) == bounded
    with wire_to(dsn) as (_, address):
        given = opened(address).connect()
        with contextlib.closing(given):
            parameters = {each.keyword: each.val for each in given.pgconn.info if each.val}
    wanted = {b"keepalives_idle": b"15", b"tcp_user_timeout": b"30000"}
    assert wanted.items() <= parameters.items()


def test_no_plan_of_ours_is_compiled(dsn: str) -> None:
    """Compiling one over the partitions of the logs takes seconds, and running it milliseconds."""

    # As a server is by default; those of the tests are not.
    compiling = make_conninfo(dsn, options="-c jit=on")

    async def of_queue() -> list[tuple[str]]:
        queue = QueueDatabase(compiling, "peerledger_test", lambda: None)
        rows = await queue.fetch(psycopg.rows.tuple_row, "show jit")
        await queue.close()
        return rows

    with opened(compiling).connect(autocommit=True) as connection:
        assert connection.execute("show jit").fetchone() == ("off",)
    assert asyncio.run(of_queue()) == [("off",)]


def test_a_night_whose_network_died_leaves_no_lock(database: Database, dsn: str) -> None:
    """Each step of the night is a transaction of its own, which ends with its statement."""
    superuser, holder = database.superuser(), database.superuser()
    # Written past the triggers: the night has to repair the mentor, which takes their lock.
    superuser.execute(
        "select tests.make_organisation('north'), tests.make_mentor('olga', 'north');"
        " alter table public.activities disable trigger user;"
        " select tests.make_activity('a', 'olga');"
        " alter table public.activities enable trigger user"
    )
    step = (
        "select coalesce(bool_or({}), false) from pg_stat_activity"
        " where datname = current_database() and query like '%continue_step%' and pid <> pg_backend_pid()"
    )
    with ThreadPoolExecutor() as threads, wire_to(dsn) as (wire, address):
        through = opened(address)
        with holder.transaction():
            holder.execute("select private.lock_mentor_measures(array[tests.id('mentor', 'olga')])")
            night = threads.submit(nightly.run, through, settings=Settings.model_construct())
            until(superuser, step.format("wait_event_type = 'Lock'"))
            wire.freeze()
        # It has done its work, and could tell nobody.
        until(superuser, step.format("state like 'idle%'"))
        superuser.execute("set statement_timeout = '10s'; select tests.make_activity('b', 'olga')")
        through.call_off()
        with pytest.raises((RunnerError, psycopg.OperationalError)):
            night.result(PATIENCE)


# A transaction pooler. --------------------------------------------------------------------------------


def test_a_transaction_pooler_is_refused_in_one_line(dsn: str, tmp_path: Path) -> None:
    with pooler_of(dsn) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        for words in (["migrate", "--check"], ["status"], ["worker", "--only", "notifications"]):
            done = command({"PEERLEDGER_DATABASE_URL": address}, tmp_path, *words)
            assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
            assert "transaction mode" in done.stderr
            assert "5432" in done.stderr


def test_a_transaction_pooler_is_recognised_when_several_clients_use_it(dsn: str) -> None:
    with pooler_of(dsn) as address:
        with two_in_transactions(address) as (one, _):
            one.rollback()
            with pytest.raises(RunnerError, match="transaction mode"):
                opened(address).connect()
        # It had left nothing behind for the next clients of the pool.
        with two_in_transactions(address) as clients:
            for client in clients:
                assert client.execute("show statement_timeout").fetchone() == ("0",)


def test_a_transaction_pooler_that_lends_its_connections_in_turn_is_recognised(dsn: str) -> None:
    """The second client is lent another one than the first."""
    with pooler_of(dsn, is_round_robin=True) as address:
        with two_in_transactions(address):
            pass
        with pytest.raises(RunnerError, match="transaction mode"):
            opened(address).connect()


def test_a_transaction_pooler_of_one_connection_is_recognised(dsn: str) -> None:
    """To hold that one, and to wait for another, would take for ever."""
    with ThreadPoolExecutor() as threads, pooler_of(dsn, size=1) as address:
        connecting = threads.submit(opened(address).connect)
        with pytest.raises(RunnerError, match="transaction mode"):
            connecting.result(PATIENCE)


def test_a_pooler_in_session_mode_is_taken(dsn: str) -> None:
    with pooler_of(dsn, is_in_session_mode=True) as address, opened(address).connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@contextlib.contextmanager
def two_in_transactions(address: str) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """So that the pooler needs a connection for each."""
    with psycopg.connect(address) as one, psycopg.connect(address) as other:
        one.execute("select 1")
        other.execute("select 1")
        yield one, other


def test_a_direct_connection_is_taken(dsn: str) -> None:
    with wire_to(dsn) as (_, address), opened(address).connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


# A database that is read-only, or away. ---------------------------------------------------------------


def test_results_are_kept_while_the_database_is_read_only(database: Database) -> None:
    """As Supabase makes it when the disk is full. What was sent is not sent again, and nothing spins."""
    charity = Charity(database)
    charity.write(5)
    superuser = charity.connection
    recorder = Recorder()
    pauses: list[float] = []

    async def work() -> None:
        delivery = charity.delivery(recorder)
        stop = asyncio.Event()

        async def become_read_only(_: Any) -> None:
            if not pauses and not recorder.sent:
                read_only(superuser, database.name, True)

        async def pause() -> None:
            pauses.append(delivery.queue._wait)
            delivery.queue._wait *= 2
            if len(pauses) == 3:
                read_only(superuser, database.name, False)
            await asyncio.sleep(0.01)

        recorder.on_send = become_read_only
        delivery.queue.pause = pause  # type: ignore[method-assign]
        running = asyncio.create_task(delivery.run(stop))
        while charity.states() != {"sent": 5}:
            await asyncio.sleep(0.05)
        stop.set()
        await running

    asyncio.run(asyncio.wait_for(work(), PATIENCE))
    assert len(recorder.sent) == 5
    assert pauses == [0.2, 0.4, 0.8]


def test_a_read_only_database_is_said(database: Database, dsn: str, tmp_path: Path) -> None:
    superuser = database.superuser()
    read_only(superuser, database.name, True)
    found = command({"PEERLEDGER_DATABASE_URL": dsn}, tmp_path, "status")
    assert found.returncode == 1
    assert "read-only" in found.stdout + found.stderr
    night = command({"PEERLEDGER_DATABASE_URL": dsn}, tmp_path, "nightly")
    assert (night.returncode, night.stderr.count("\n")) == (1, 1), night.stderr
    assert "disk may be full" in night.stderr
    read_only(superuser, database.name, False)


def read_only(superuser: psycopg.Connection, database: str, is_so: bool) -> None:
    superuser.execute("set transaction_read_only = off")
    superuser.execute(f'alter database "{database}" set default_transaction_read_only = {is_so}'.encode())
    superuser.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )


def until(connection: psycopg.Connection, query: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while connection.execute(query.encode()).fetchone() != (True,):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)
