"""Real workers, thousands of changes, and all that can break meanwhile. On an embedded server of its own."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from conftest import server_directory
from servers import restart_embedded

from peerledger import embedded
from peerledger.database import Database
from peerledger.migrate import migrate
from peerledger.sqlfiles import ROOT
from standin import Fault, StandIn

MENTORS = 2_000
CHANGED_AT_ONCE = 150
# Seconds, after which a test fails instead of hanging.
PATIENCE = 180
# What has an entry and perhaps no request: the worker died, or its connection did not come about.
WITHOUT_REQUEST = (
    "The worker stopped",
    "The connection to Dynamics broke",
    "Dynamics did not answer in time",
    "Microsoft Entra gave no",
)


class Server:
    def __init__(self, directory: Path) -> None:
        self._data = directory / "postgres"
        self.address = embedded.start(directory)
        migrate(Database(self.address, True, None))

    def restart(self) -> None:
        """As after a power cut."""
        restart_embedded(self._data)


class Crowd:
    """The mentors, changed and asked after over a connection that outlives nothing."""

    def __init__(self, address: str, standin: StandIn) -> None:
        self.address = address
        self.standin = standin
        self.contact_of = {uuid.uuid4(): standin.add_contact(listed=False) for _ in range(MENTORS)}
        self.run("insert into public.organisations (slug, name) values ('north', 'North')")
        self.run(
            "insert into public.peer_mentors (id, organisation_id, display_name, dynamics_contact_id)"
            " select mentor, organisation.id, 'M', contact"
            " from public.organisations as organisation,"
            " unnest(%s::uuid[], %s::uuid[]) as made (mentor, contact)",
            list(self.contact_of),
            list(self.contact_of.values()),
        )

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._connect() as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Patiently: a server is not at once rid of connections that have ended."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return psycopg.connect(self.address, autocommit=True)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def change(self, chance: random.Random) -> None:
        some = chance.sample(list(self.contact_of), CHANGED_AT_ONCE)
        self.run(
            "update public.peer_mentors"
            " set status ="
            " case when status = 'active' then 'withdrawn' else 'active' end::public.mentor_status"
            " where id = any (%s)",
            some,
        )

    def shown_wrongly(self) -> list[UUID]:
        listed = self.standin.listed()
        rows = self.run("select id, status = 'active' from public.peer_mentors")
        return [mentor for mentor, wanted in rows if listed[self.contact_of[mentor]] != wanted]

    def nothing_is_due(self) -> bool:
        return self.run(
            "select count(*) from public.hlf_sync_state"
            " where state = 'in_progress' or (state = 'pending' and next_attempt_at <= now())"
        ) == [(0,)]

    def all_is_done(self) -> bool:
        """As if the time of waiting were over, so that it does not take hours."""
        self.run("update public.hlf_sync_state set next_attempt_at = now() where state = 'pending'")
        return self.run("select count(*) from public.hlf_sync_state where state <> 'synced'") == [(0,)]


class Workers:
    def __init__(self, crowd: Crowd, count: int) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")},
            **crowd.standin.settings(),
            "PYTHONPATH": str(ROOT),
            "PEERLEDGER_DATABASE_URL": crowd.address,
            "PEERLEDGER_DYNAMICS_MAX_IN_FLIGHT": str(52 // count),
            "PEERLEDGER_DYNAMICS_TIMEOUT_SECONDS": "2",
            "PEERLEDGER_SYNC_LEASE_SECONDS": "6",
        }
        self._cwd = Path(crowd.standin.ca_file).parent
        self.running = [self._start() for _ in range(count)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "peerledger", "sync"],
            cwd=self._cwd,
            env=self._environment,
            stderr=subprocess.PIPE,
        )

    def kill_one(self, chance: random.Random) -> None:
        victim = chance.randrange(len(self.running))
        self._end(self.running[victim], signal.SIGKILL)
        self.running[victim] = self._start()

    def stop(self) -> list[int]:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        return [self._end(process, None) for process in self.running]

    def _end(self, process: subprocess.Popen[bytes], number: signal.Signals | None) -> int:
        if number is not None:
            process.send_signal(number)
        _, words = process.communicate(timeout=PATIENCE)
        assert b"Traceback" not in words, words.decode()
        return process.returncode

    def clear_away(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.communicate()


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if reached():
                return
        except psycopg.OperationalError:
            pass
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.05)


@contextmanager
def snapshot_held(address: str) -> Iterator[None]:
    """Nothing that dies meanwhile can be vacuumed."""
    with psycopg.connect(address) as connection:
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("select count(*) from public.hlf_sync_state")
        yield


@contextmanager
def every_connection_taken(address: str) -> Iterator[None]:
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(psycopg.connect(address, autocommit=True))
            except psycopg.OperationalError:
                break
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with server_directory() as directory:
        yield Server(directory)


def test_whatever_fails_the_website_ends_up_right_and_every_attempt_is_logged(server: Server) -> None:
    chance = random.Random(7)
    with StandIn() as standin, ExitStack() as stack:
        standin.faults.always = Fault(latency=0.02)
        crowd = Crowd(server.address, standin)
        workers = Workers(crowd, 3)
        stack.callback(workers.clear_away)

        def progress(requests: int = 120) -> None:
            """They work: so many more requests have come."""
            goal = len(standin.journal.patches()) + requests

            def reached() -> bool:
                # Workers that were faster than we have nothing left to do.
                if crowd.nothing_is_due():
                    crowd.change(chance)
                return len(standin.journal.patches()) >= goal

            wait_until(reached)

        def terminate_backends() -> None:
            crowd.run(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'peerledger' and pid <> pg_backend_pid()"
            )

        progress()
        with snapshot_held(server.address):
            for _ in range(4):
                crowd.change(chance)
                workers.kill_one(chance)
                progress()
            terminate_backends()
            progress()
            with every_connection_taken(server.address):
                # Their own are gone too, and they find no new ones.
                pass
        crowd.change(chance)
        standin.stop_listening()
        crowd.change(chance)
        workers.kill_one(chance)
        standin.listen_again()
        progress()
        server.restart()
        crowd.change(chance)
        progress()
        standin.faults.add(
            *[Fault(cut="after")] * 20, *[Fault(status=503)] * 20, *[Fault(latency_after=3)] * 5
        )
        standin.faults.add(Fault(revokes_tokens=True))
        crowd.change(chance)
        workers.kill_one(chance)
        server.restart()

        wait_until(crowd.all_is_done)
        assert workers.stop() == [0, 0, 0]
        assert crowd.shown_wrongly() == []
        assert_all_is_on_record(crowd)


def assert_all_is_on_record(crowd: Crowd) -> None:
    requests = Counter(request.contact_id for request in crowd.standin.journal.patches())
    rows = crowd.run("select mentor_id, dynamics_response_code, error_message from public.hlf_sync_audit_log")
    entries = Counter(crowd.contact_of[mentor] for mentor, _, _ in rows)
    surely_sent = Counter(
        crowd.contact_of[mentor]
        for mentor, code, words in rows
        if code is not None or not words.startswith(WITHOUT_REQUEST)
    )
    for contact in crowd.contact_of.values():
        of_them = [row for row in rows if crowd.contact_of[row[0]] == contact]
        assert surely_sent[contact] <= requests[contact] <= entries[contact], of_them
    answered = Counter(request.status for request in crowd.standin.journal.patches())
    recorded = Counter(code for _, code, _ in rows)
    for code in (503, 401):
        assert recorded[code] <= answered[code]
    assert recorded[204] <= answered[204]
    assert crowd.run("select count(*) from public.hlf_sync_state where lease_expires_at is not null") == [
        (0,)
    ]
    assert crowd.run("select count(*) from public.hlf_sync_audit_log where outcome = 'dead_lettered'") == [
        (0,)
    ]
