"""Coordinators who register at the same moment: limits hold, nothing is doubled, nobody deadlocks."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest
from conftest import Database
from psycopg import errors

pytestmark = pytest.mark.two_targets

_PATIENCE = 60  # seconds, after which a test fails instead of hanging
_MENTORS = 40


class Charity:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.superuser()
        self.connection.execute("select tests.make_organisation('north')")
        self.coordinator = self.value("select tests.make_coordinator('nina', 'north')")
        self.mentors = [
            self.value("select tests.make_mentor(%s, 'north')", f"mentor {number}")
            for number in range(_MENTORS)
        ]

    def value(self, query: str, *values: object) -> uuid.UUID:
        row = self.connection.execute(query.encode(), values).fetchone()
        assert row is not None
        found: uuid.UUID = row[0]
        return found

    def count(self, table: str) -> int:
        return int(str(self.value(f"select count(*) from public.{table}")))

    def session(self) -> psycopg.Connection:
        connection = self.database.connect_as("authenticated", self.coordinator)
        connection.execute(f"set statement_timeout = '{_PATIENCE}s'".encode())
        connection.autocommit = False
        return connection

    def wait_until_blocked(self, session: psycopg.Connection) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self.value("select cardinality(pg_blocking_pids(%s)) > 0", session.info.backend_pid):
            assert time.monotonic() < deadline, "the second session never waited for the first"
            time.sleep(0.01)


def register(
    session: psycopg.Connection, mentor: uuid.UUID, minutes: int, activity: uuid.UUID | None = None
) -> None:
    session.execute(
        "select public.register_proxy_activity(%s, 'walk', '2026-02-01', %s, %s)",
        (mentor, minutes, activity or uuid.uuid4()),
    )


def insert(
    session: psycopg.Connection, mentor: uuid.UUID, minutes: int, activity: uuid.UUID | None = None
) -> None:
    session.execute(
        "insert into public.activities"
        " (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)"
        " values (%s, tests.id('organisation', 'north'), %s, tests.id('user', 'nina'), 'walk', '2026-02-01',"
        " %s)",
        (activity or uuid.uuid4(), mentor, minutes),
    )


def bulk(session: psycopg.Connection, mentors: list[uuid.UUID]) -> None:
    entries = [
        {
            "mentor_id": str(mentor),
            "activity_type": "walk",
            "occurred_on": "2026-02-01",
            "duration_minutes": 10,
        }
        for mentor in mentors
    ]
    session.execute("select public.register_proxy_activities(%s)", (json.dumps(entries),))


def finish(work: Future[None]) -> None:
    work.result(timeout=_PATIENCE)


@pytest.fixture
def charity(database: Database) -> Charity:
    return Charity(database)


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(4)


@pytest.mark.parametrize("first", [register, insert])
@pytest.mark.parametrize("second", [register, insert])
def test_two_sessions_at_once_cannot_overfill_a_day(
    charity: Charity,
    pool: ThreadPoolExecutor,
    first: Callable[[psycopg.Connection, uuid.UUID, int], None],
    second: Callable[[psycopg.Connection, uuid.UUID, int], None],
) -> None:
    """Also where nobody has been evaluated before, and there is no row yet to lock."""
    one, other = charity.session(), charity.session()
    first(one, charity.mentors[0], 800)
    work = pool.submit(second, other, charity.mentors[0], 800)
    charity.wait_until_blocked(other)
    one.commit()
    with pytest.raises(errors.InvalidParameterValue):
        finish(work)
    other.rollback()
    assert charity.count("activities") == charity.count("proxy_audit_log") == 1


@pytest.mark.parametrize("is_bulk", [False, True])
def test_who_registers_waits_for_what_another_is_registering_before_looking_for_duplicates(
    charity: Charity, pool: ThreadPoolExecutor, is_bulk: bool
) -> None:
    """The mentor themselves, who does not take turns with the coordinators."""
    mentor = charity.mentors[0]
    own = charity.database.connect_as(
        "authenticated", charity.value("select tests.id('user', %s)", "mentor 0")
    )
    own.autocommit = False
    own.execute(
        "insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)"
        " values (tests.id('organisation', 'north'), %s, 'walk', '2026-02-01', 10)",
        (mentor,),
    )
    session = charity.session()
    said: list[str | None] = []
    session.add_notice_handler(lambda notice: said.append(notice.message_detail))
    work = pool.submit(lambda: bulk(session, [mentor]) if is_bulk else register(session, mentor, 10))
    charity.wait_until_blocked(session)
    own.commit()
    finish(work)
    assert said == ["entries[0]" if is_bulk else "the activity"]
    session.commit()
    assert charity.count("activities") == 2


def test_the_same_activity_sent_twice_at_once_is_stored_once(
    charity: Charity, pool: ThreadPoolExecutor
) -> None:
    activity = uuid.uuid4()
    one, other = charity.session(), charity.session()
    register(one, charity.mentors[0], 800, activity)
    work = pool.submit(register, other, charity.mentors[0], 800, activity)
    charity.wait_until_blocked(other)
    one.commit()
    finish(work)
    other.commit()
    assert charity.count("activities") == charity.count("proxy_audit_log") == 1


def bulk_of_one(
    session: psycopg.Connection, mentor: uuid.UUID, minutes: int, activity: uuid.UUID | None = None
) -> None:
    entry = {"id": str(activity or uuid.uuid4()), "mentor_id": str(mentor), "activity_type": "walk"}
    entries = json.dumps([{**entry, "occurred_on": "2026-02-01", "duration_minutes": minutes}])
    session.execute("select public.register_proxy_activities(%s)", (entries,))


@pytest.mark.parametrize("first", [register, insert])
@pytest.mark.parametrize(
    ("second", "code", "path"), [(register, "22023", "id"), (bulk_of_one, "PL006", "entries[0].id")]
)
def test_the_same_id_for_two_mentors_at_once_is_rejected(
    charity: Charity,
    pool: ThreadPoolExecutor,
    first: Callable[[psycopg.Connection, uuid.UUID, int, uuid.UUID], None],
    second: Callable[[psycopg.Connection, uuid.UUID, int, uuid.UUID], None],
    code: str,
    path: str,
) -> None:
    activity = uuid.uuid4()
    one, other = charity.session(), charity.session()
    first(one, charity.mentors[0], 30, activity)
    work = pool.submit(second, other, charity.mentors[1], 30, activity)
    charity.wait_until_blocked(other)
    one.commit()
    with pytest.raises(psycopg.Error) as refused:
        finish(work)
    assert (refused.value.sqlstate, refused.value.diag.message_detail) == (code, path)
    other.rollback()
    assert charity.count("activities") == charity.count("proxy_audit_log") == 1


def test_failed_logging_leaves_no_raw_message_in_the_server_log(charity: Charity) -> None:
    charity.connection.execute(
        "alter table public.proxy_audit_log add constraint nothing_fits check (false) not valid"
    )
    session = charity.session()
    session.execute("set client_min_messages = log")
    said: list[str] = []
    session.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    with pytest.raises(errors.CheckViolation):
        register(session, charity.mentors[0], 30)
    assert [line for line in said if line.startswith("peerledger.audit")] == [
        "peerledger.audit: a proxy registration could not be recorded and was refused, SQLSTATE 23514. "
        "A constraint of the database was violated. (23514)"
    ]


def test_bulks_over_the_same_mentors_in_any_order_do_not_deadlock(
    charity: Charity, pool: ThreadPoolExecutor
) -> None:
    start = threading.Barrier(4)

    def work(mentors: list[uuid.UUID]) -> None:
        session = charity.session()
        start.wait(timeout=_PATIENCE)
        for _ in range(5):
            bulk(session, mentors)
            session.commit()

    orders = [charity.mentors, charity.mentors[::-1], charity.mentors[::2] + charity.mentors[1::2]]
    for future in [pool.submit(work, order) for order in (*orders, charity.mentors[20:])]:
        finish(future)
    assert charity.count("activities") == charity.count("proxy_audit_log") == 5 * (3 * _MENTORS + 20)


def test_two_concurrent_changes_are_two_states(charity: Charity, pool: ThreadPoolExecutor) -> None:
    activity = uuid.uuid4()
    one, other = charity.session(), charity.session()
    register(one, charity.mentors[0], 10, activity)
    one.commit()
    change = "select public.update_proxy_activity(%s, %s)"
    one.execute(change, (activity, '{"duration_minutes": 20}'))
    work = pool.submit(lambda: (other.execute(change, (activity, '{"participant_count": 2}')), None)[1])
    charity.wait_until_blocked(other)
    one.commit()
    finish(work)
    other.commit()
    assert charity.connection.execute(
        "select changes from public.get_proxy_history(%s)", (activity,)
    ).fetchall() == [
        ({},),
        ({"duration_minutes": {"old": 10, "new": 20}},),
        ({"participant_count": {"old": 1, "new": 2}},),
    ]


def test_a_probable_duplicate_is_a_warning(charity: Charity) -> None:
    session = charity.session()
    said: list[tuple[str, str | None]] = []
    session.add_notice_handler(lambda notice: said.append((notice.severity or "", notice.message_detail)))
    bulk(session, [charity.mentors[0], charity.mentors[1], charity.mentors[0]])
    register(session, charity.mentors[1], 10)
    register(session, charity.mentors[1], 11)
    assert said == [("WARNING", "entries[2]"), ("WARNING", "the activity")]
    assert charity.count("activities") == 0
    session.commit()
    assert charity.count("activities") == 5


def test_a_hundred_probable_duplicates_are_named(charity: Charity) -> None:
    session = charity.session()
    said: list[str] = []
    session.add_notice_handler(lambda notice: said.append(notice.message_detail or ""))
    bulk(session, [charity.mentors[0]] * 101)
    bulk(session, [charity.mentors[1]] * 103)
    assert [detail.split("\n") for detail in said] == [
        [f"entries[{number}]" for number in range(1, 101)],
        [*(f"entries[{number}]" for number in range(1, 101)), "… and 2 more"],
    ]


def test_null_is_not_to_refuse_duplicates(charity: Charity) -> None:
    session = charity.session()
    said: list[str | None] = []
    session.add_notice_handler(lambda notice: said.append(notice.message_detail))
    entry = {"mentor_id": str(charity.mentors[0]), "activity_type": "walk", "occurred_on": "2026-02-01"}
    entries = json.dumps([{**entry, "duration_minutes": 10}] * 2)
    session.execute("select public.register_proxy_activities(%s, null)", (entries,))
    assert said == ["entries[1]"]
