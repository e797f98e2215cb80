"""Expiry runs beside other sessions: two at once, one that is killed, and changes in the middle."""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from conftest import Database

pytestmark = pytest.mark.two_targets

_PATIENCE = 60  # seconds, after which a test fails instead of hanging
_AS_OF = "2026-03-01"
_MENTORS = 200

# Every other one has expired; the rest are due for a reminder. They have accounts and a coordinator.
_PREPARE = f"""
select tests.make_organisation('north');
select tests.make_coordinator('nina', 'north');
select tests.make_mentor('m' || number, 'north') from generate_series(1, {_MENTORS}) as number;
select tests.make_certificate('m' || number, date '2026-03-01' + case when number % 2 = 0 then -1 else 5 end)
from generate_series(1, {_MENTORS}) as number;
"""

# What a run leaves behind, without what differs from run to run.
_STATE = {
    "statuses": "select id, status from public.peer_mentors",
    "history": "select mentor_id, old_status, new_status, cause from public.mentor_status_changes",
    "reminders": "select mentor_id, threshold_day, certification_expiry_date"
    " from public.cert_expiry_reminders",
    "notifications": "select dedupe_key from public.notifications",
    "entries": "select mentor_id, event_type, threshold_days from public.certification_expiry_audit_log",
}


@pytest.fixture
def north(database: Database) -> Database:
    database.superuser().execute(_PREPARE.encode())
    return database


def session(database: Database) -> psycopg.Connection:
    """One that gives up rather than hang."""
    connection = database.superuser()
    connection.execute(f"set statement_timeout = '{_PATIENCE}s'")
    return connection


def run(connection: psycopg.Connection, run_id: uuid.UUID | None = None) -> tuple[Any, ...]:
    return one(
        connection,
        "select status, total_transitioned, total_reminders_sent, total_failures"
        " from public.run_certification_expiry(%s, coalesce(%s, gen_random_uuid()))",
        _AS_OF,
        run_id,
    )


def one(connection: psycopg.Connection, query: str, *arguments: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), arguments or None).fetchone()
    assert row is not None
    return row


def state(database: Database) -> dict[str, list[Any]]:
    connection = database.superuser()
    return {
        name: sorted(connection.execute(query.encode()).fetchall(), key=str) for name, query in _STATE.items()
    }


@contextmanager
def undisturbed(database: Database) -> Iterator[dict[str, list[Any]]]:
    """The state after one run that nothing disturbed, in a database of its own."""
    other = Database(database.target, f"test_{uuid.uuid4().hex}")
    database.target.server.clone_database(database.target.template, other.name)
    try:
        other.superuser().execute(_PREPARE.encode())
        assert run(other.superuser()) == ("succeeded", _MENTORS // 2, _MENTORS // 2, 0)
        yield state(other)
    finally:
        other.close()
        database.target.server.drop_database(other.name)


def wait_until_blocked(observer: psycopg.Connection, waiting: psycopg.Connection, work: Future[Any]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if one(observer, "select cardinality(pg_blocking_pids(%s)) > 0", waiting.info.backend_pid) == (True,):
            return
        if work.done():
            work.result()
            raise AssertionError("the session ended without having waited")
    raise TimeoutError("the session neither waits nor ends")


def block_at_the_outbox(connection: psycopg.Connection) -> None:
    """By a message with a key that the run will use: it waits with its statuses already changed."""
    connection.execute(
        """
        insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key)
        select organisation_id, mentor_id, 'certification_expired',
            format('certification_expired:%s:%s:mentor', mentor_id, expires_on)
        from public.simulate_certification_expiry('2026-03-01')
        where event_type = 'status_transitioned'
        order by mentor_id desc
        limit 1
        """
    )


def block_at_the_first_lock(connection: psycopg.Connection) -> None:
    connection.execute("select from public.peer_mentors order by id limit 1 for update")


def test_a_second_run_at_once_is_refused(north: Database) -> None:
    first, second = session(north), session(north)
    with first.transaction():
        assert run(first) == ("succeeded", _MENTORS // 2, _MENTORS // 2, 0)
        for refused in (run, lambda other: other.execute("select public.begin_certification_run()")):
            with pytest.raises(psycopg.Error) as caught:
                refused(second)
            assert caught.value.sqlstate == "PL004"
            assert caught.value.diag.message_hint
    assert run(second) == ("succeeded", 0, 0, 0)
    with undisturbed(north) as expected:
        assert state(north) == expected


def test_many_runs_at_once_do_the_work_once(north: Database) -> None:
    sessions = [session(north) for _ in range(6)]

    def attempt(connection: psycopg.Connection) -> str:
        try:
            return str(run(connection)[0])
        except psycopg.Error as error:
            return str(error.sqlstate)

    with ThreadPoolExecutor(len(sessions)) as pool:
        results = list(pool.map(attempt, sessions))
    assert set(results) <= {"succeeded", "PL004"}
    assert "succeeded" in results
    with undisturbed(north) as expected:
        assert state(north) == expected


@pytest.mark.parametrize("block", [block_at_the_first_lock, block_at_the_outbox])
def test_a_killed_run_is_repeated_by_the_next(
    north: Database, block: Callable[[psycopg.Connection], None]
) -> None:
    observer, blocker, victim = session(north), session(north), session(north)
    before = state(north)
    (killed,) = one(victim, "select run_id from public.begin_certification_run(%s)", _AS_OF)
    with ThreadPoolExecutor(1) as pool, blocker.transaction(force_rollback=True):
        block(blocker)
        work = pool.submit(run, victim, killed)
        wait_until_blocked(observer, victim, work)
        # And waits until it is gone: its client hears of it before its locks are free.
        observer.execute("select pg_terminate_backend(%s, 50000)", (victim.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            work.result(timeout=_PATIENCE)
    assert state(north) == before
    ledger = (
        "select status, finished_at is null, note is null"
        " from public.certification_expiry_runs where run_id = %s"
    )
    assert one(observer, ledger, killed) == ("running", True, True)

    assert run(observer) == ("succeeded", _MENTORS // 2, _MENTORS // 2, 0)
    assert one(observer, ledger, killed) == ("crashed", True, False)
    assert run(observer, killed) == ("succeeded", 0, 0, 0)
    assert one(observer, ledger, killed) == ("succeeded", False, False)
    with undisturbed(north) as expected:
        assert state(north) == expected


def test_a_mentor_who_is_renewed_while_the_run_waits_does_not_expire(north: Database) -> None:
    observer, coordinator, runner = session(north), session(north), session(north)
    (mentor,) = one(observer, "select tests.id('mentor', 'm2')")
    with ThreadPoolExecutor(1) as pool:
        with coordinator.transaction():
            coordinator.execute(
                "select public.renew_certification(%s, '2026-02-01', '2199-01-01')", (mentor,)
            )
            work = pool.submit(run, runner)
            wait_until_blocked(observer, runner, work)
        assert work.result(timeout=_PATIENCE) == ("succeeded", _MENTORS // 2 - 1, _MENTORS // 2, 0)
    assert one(observer, "select status::text from public.peer_mentors where id = %s", mentor) == ("active",)
    history = "select count(*) from public.mentor_status_changes where mentor_id = %s"
    assert one(observer, history, mentor) == (0,)


def test_a_mentor_who_is_paused_while_the_run_waits_stays_paused(north: Database) -> None:
    observer, coordinator, runner = session(north), session(north), session(north)
    (mentor,) = one(observer, "select tests.id('mentor', 'm2')")
    with ThreadPoolExecutor(1) as pool:
        with coordinator.transaction():
            coordinator.execute("select public.transition_mentor_status(%s, 'paused')", (mentor,))
            work = pool.submit(run, runner)
            wait_until_blocked(observer, runner, work)
        assert work.result(timeout=_PATIENCE) == ("succeeded", _MENTORS // 2 - 1, _MENTORS // 2, 0)
    assert one(observer, "select status::text from public.peer_mentors where id = %s", mentor) == ("paused",)


def test_a_renewal_waits_for_the_run_and_reactivates(north: Database) -> None:
    observer, coordinator, runner = session(north), session(north), session(north)
    (mentor,) = one(observer, "select tests.id('mentor', 'm2')")
    renewal = "select expires_on from public.renew_certification(%s, '2026-02-01', '2199-01-01')"
    with ThreadPoolExecutor(1) as pool:
        with runner.transaction():
            run(runner)
            work = pool.submit(one, coordinator, renewal, mentor)
            wait_until_blocked(observer, coordinator, work)
        work.result(timeout=_PATIENCE)
    assert one(observer, "select status::text from public.peer_mentors where id = %s", mentor) == ("active",)
    assert one(
        observer,
        "select array_agg(cause || ' ' || new_status order by changed_at) from public.mentor_status_changes"
        " where mentor_id = %s",
        mentor,
    ) == (["expiry_run expired_cert", "renewal active"],)


def test_of_two_transitions_of_an_expected_status_one_is_refused(north: Database) -> None:
    observer, first, second = session(north), session(north), session(north)
    (mentor,) = one(observer, "select tests.id('mentor', 'm1')")
    call = "select status::text from public.transition_mentor_status(%s, %s, 'active')"
    with ThreadPoolExecutor(1) as pool:
        with first.transaction():
            assert one(first, call, mentor, "paused") == ("paused",)
            work = pool.submit(one, second, call, mentor, "withdrawn")
            wait_until_blocked(observer, second, work)
        with pytest.raises(psycopg.Error) as caught:
            work.result(timeout=_PATIENCE)
    assert caught.value.sqlstate == "PL002"
    assert one(observer, "select status::text from public.peer_mentors where id = %s", mentor) == ("paused",)


def test_the_same_renewal_sent_twice_at_once_is_one_certificate(north: Database) -> None:
    observer, first, second = session(north), session(north), session(north)
    (mentor,) = one(observer, "select tests.id('mentor', 'm1')")
    call = "select id from public.renew_certification(%s, '2026-02-01', '2199-01-01')"
    with ThreadPoolExecutor(1) as pool:
        with first.transaction():
            certificate = one(first, call, mentor)
            work = pool.submit(one, second, call, mentor)
            wait_until_blocked(observer, second, work)
        assert work.result(timeout=_PATIENCE) == certificate


def test_activities_are_registered_while_a_run_is_at_work(north: Database) -> None:
    runner, mentor = session(north), session(north)
    mentor.execute("set lock_timeout = '5s'")
    with runner.transaction():
        run(runner)
        mentor.execute("select tests.make_activity('walk', 'm2')")
