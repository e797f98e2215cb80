"""Several sessions insert at once: what is awarded is what one after the other would have awarded."""

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from conftest import Database
from psycopg.types.json import Jsonb

pytestmark = pytest.mark.two_targets

_ROUNDS = 15
_PATIENCE = 60  # seconds, after which a test fails instead of hanging

# A sum, a window and a streak: what two sessions add to each is found in three different ways.
_TEN_WEEKS = {
    "all": [
        {"metric": "activity_count", "at_least": 10},
        {"metric": "distinct_days", "at_least": 10, "within_days": 90},
        {"metric": "consecutive_weeks", "at_least": 10},
    ]
}

_INSERT = """
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select mentor.organisation_id, mentor.id, 'conversation', given.occurred_on, 60
from unnest(%s::uuid[], %s::date[]) with ordinality as given (mentor_id, occurred_on, position)
inner join public.peer_mentors as mentor on mentor.id = given.mentor_id
order by given.position
"""


class Charity:
    """An organisation whose one badge takes ten activities, in ten weeks without a gap."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.superuser()
        self.organisation_id = self._fetch_one(
            "insert into public.organisations (slug, name) values ('north', 'North') returning id"
        )
        self.badge_id = self._fetch_one(
            """
            insert into public.badge_definitions (organisation_id, slug, name, criteria)
            values (%s, 'ten', 'Ten', %s)
            returning id
            """,
            self.organisation_id,
            Jsonb(_TEN_WEEKS),
        )

    def add_mentor(self, activities: int = 0) -> uuid.UUID:
        mentor: uuid.UUID = self._fetch_one(
            "insert into public.peer_mentors (organisation_id, display_name) values (%s, 'M') returning id",
            self.organisation_id,
        )
        if activities:
            insert(self.connection, [mentor] * activities)
        return mentor

    def session(self) -> psycopg.Connection:
        """One that gives up rather than hang."""
        connection = self.database.superuser()
        connection.execute(f"set statement_timeout = '{_PATIENCE}s'")
        return connection

    def awards(self, mentor: uuid.UUID) -> int:
        return int(self._fetch_one("select count(*) from public.earned_badges where mentor_id = %s", mentor))

    def announcements(self, mentor: uuid.UUID) -> int:
        """How many log rows claim to have awarded the badge."""
        return int(
            self._fetch_one(
                "select count(*) from public.badge_evaluation_logs"
                " where peer_mentor_id = %s and cardinality(badges_awarded) > 0",
                mentor,
            )
        )

    def log_rows(self, mentor: uuid.UUID) -> int:
        return int(
            self._fetch_one(
                "select count(*) from public.badge_evaluation_logs"
                " where peer_mentor_id = %s and error_message is null",
                mentor,
            )
        )

    def rollup_differences(self) -> list[Any]:
        return self.connection.execute("select * from private.check_badge_rollups()").fetchall()

    def remove_the_lock(self) -> None:
        """Rows are still made, and nobody waits for them. In this database only."""
        self.connection.execute(
            """
            create or replace function private.lock_mentor_measures(mentor_ids uuid[]) returns void
            language sql as $$
                insert into private.mentor_measures (mentor_id, organisation_id, catalogue_version)
                select mentor.id, mentor.organisation_id, 0
                from public.peer_mentors as mentor
                where
                    mentor.id = any (mentor_ids)
                    -- Not "on conflict": that waits for whoever is changing the row, and so is a lock.
                    and not exists (select from private.mentor_measures as m where m.mentor_id = mentor.id)
            $$
            """
        )

    def _fetch_one(self, query: str, *arguments: object) -> Any:
        row = self.connection.execute(query.encode(), arguments).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture
def charity(database: Database) -> Charity:
    return Charity(database)


def insert(connection: psycopg.Connection, mentors: Sequence[uuid.UUID], week: int = 0) -> None:
    """In one statement; a mentor that is named again has the next activity a week later."""
    weeks = [week + mentors[:position].count(mentor) for position, mentor in enumerate(mentors)]
    days = [date(2026, 1, 1) + timedelta(weeks=number) for number in weeks]
    connection.execute(_INSERT, (list(mentors), days))


def at_once(*actions: Callable[[], None]) -> None:
    """Each in a thread, let loose at the same moment; the first error is raised."""
    barrier = threading.Barrier(len(actions), timeout=_PATIENCE)

    def run(action: Callable[[], None]) -> None:
        barrier.wait()
        action()

    with ThreadPoolExecutor(len(actions)) as pool:
        for future in [pool.submit(run, action) for action in actions]:
            future.result(timeout=_PATIENCE)


def wait_until_blocked(charity: Charity, session: psycopg.Connection, work: Future[None]) -> bool:
    """True once another session keeps this one waiting; False when it ends without having waited."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        row = charity.connection.execute(
            "select cardinality(pg_blocking_pids(%s)) > 0", (session.info.backend_pid,)
        ).fetchone()
        if row == (True,):
            return True
        if work.done():
            return False
    raise TimeoutError("the session neither waits nor ends")


def test_a_second_session_waits_for_the_first_and_awards_what_is_due(charity: Charity) -> None:
    for activities, inserted_by_first in ((8, 1), (9, 1), (8, 2), (0, 1)):
        mentor = charity.add_mentor(activities)
        before = charity.log_rows(mentor)
        first, second = charity.session(), charity.session()
        with ThreadPoolExecutor(1) as pool:
            with first.transaction():
                insert(first, [mentor] * inserted_by_first, activities)
                work = pool.submit(insert, second, [mentor], activities + inserted_by_first)
                assert wait_until_blocked(charity, second, work)
            work.result(timeout=_PATIENCE)

        is_due = activities + inserted_by_first + 1 >= 10
        assert (charity.awards(mentor), charity.announcements(mentor)) == (is_due, is_due)
        assert charity.log_rows(mentor) - before == 2
    assert charity.rollup_differences() == []


def test_a_rolled_back_first_session_leaves_nothing(charity: Charity) -> None:
    mentor = charity.add_mentor(8)
    first, second = charity.session(), charity.session()
    with ThreadPoolExecutor(1) as pool:
        with first.transaction(force_rollback=True):
            insert(first, [mentor] * 2, 8)
            work = pool.submit(insert, second, [mentor], 8)
            assert wait_until_blocked(charity, second, work)
        work.result(timeout=_PATIENCE)

    assert charity.awards(mentor) == 0
    assert charity.rollup_differences() == []
    insert(second, [mentor], 9)
    assert (charity.awards(mentor), charity.announcements(mentor)) == (1, 1)


@pytest.mark.parametrize("before", [8, 9], ids=["both are needed", "either is enough"])
def test_two_inserts_at_the_threshold_make_one_award(charity: Charity, before: int) -> None:
    first, second = charity.session(), charity.session()
    for _ in range(_ROUNDS):
        mentor = charity.add_mentor(before)
        at_once(
            lambda m=mentor: insert(first, [m], before),  # type: ignore[misc]
            lambda m=mentor: insert(second, [m], 9),  # type: ignore[misc]
        )
        assert (charity.awards(mentor), charity.announcements(mentor)) == (1, 1)
        assert charity.log_rows(mentor) == 3
    assert charity.rollup_differences() == []


def test_two_first_inserts_of_a_new_mentor_are_both_counted(charity: Charity) -> None:
    first, second = charity.session(), charity.session()
    for _ in range(_ROUNDS):
        mentor = charity.add_mentor()
        at_once(lambda m=mentor: insert(first, [m] * 5), lambda m=mentor: insert(second, [m] * 5, 5))  # type: ignore[misc]
        assert (charity.awards(mentor), charity.log_rows(mentor)) == (1, 2)
    assert charity.rollup_differences() == []


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
@pytest.mark.parametrize("before", [0, 8, 9])
def test_a_session_with_its_own_snapshot_must_retry(charity: Charity, before: int, level: str) -> None:
    first, second = charity.session(), charity.session()
    for session in (first, second):
        session.execute(f"set default_transaction_isolation = '{level}'".encode())

    def insert_until_done(session: psycopg.Connection, mentor: uuid.UUID, week: int) -> None:
        while True:
            try:
                insert(session, [mentor], week)
            except psycopg.errors.SerializationFailure:
                continue
            return

    for _ in range(_ROUNDS):
        mentor = charity.add_mentor(before)
        at_once(
            lambda m=mentor: insert_until_done(first, m, before),  # type: ignore[misc]
            lambda m=mentor: insert_until_done(second, m, before + 1),  # type: ignore[misc]
        )
        is_due = before + 2 >= 10
        assert (charity.awards(mentor), charity.announcements(mentor)) == (is_due, is_due)
        assert charity.log_rows(mentor) == 2 + (before > 0)
    assert charity.rollup_differences() == []


@pytest.mark.parametrize("before", [0, 9], ids=["new mentors", "known mentors"])
def test_bulk_inserts_in_opposite_order_do_not_deadlock(charity: Charity, before: int) -> None:
    sessions = [charity.session(), charity.session()]
    for _ in range(_ROUNDS):
        mentors = [charity.add_mentor(before) for _ in range(20)]
        orders = (mentors, mentors[::-1])
        at_once(
            *(
                lambda s=session, o=order: insert(s, o, before)
                for session, order in zip(sessions, orders, strict=True)
            )
        )
        for mentor in mentors:
            assert charity.awards(mentor) == (before == 9)
            assert charity.log_rows(mentor) == 2 + (before > 0)
    assert charity.rollup_differences() == []


def test_a_new_mentor_among_known_ones_makes_no_deadlock(charity: Charity) -> None:
    for _ in range(_ROUNDS):
        new, known = sorted([charity.add_mentor(), charity.add_mentor()])
        insert(charity.connection, [known])
        first, second = charity.session(), charity.session()
        for session in (first, second):
            # The evaluation would survive a deadlock; here it must end the test.
            session.execute("set deadlock_timeout = '10min'")
            session.execute(f"set statement_timeout = '{_PATIENCE}s'")
        with ThreadPoolExecutor(1) as pool:
            with first.transaction():
                insert(first, [new])
                # It must not hold the known one while it waits for the new one.
                work = pool.submit(insert, second, [new, known], 1)
                assert wait_until_blocked(charity, second, work)
                insert(first, [known], 2)
            work.result(timeout=_PATIENCE)
        assert (charity.log_rows(new), charity.log_rows(known)) == (2, 3)
    assert charity.rollup_differences() == []


def test_insert_update_and_delete_at_once_keep_the_rollups_exact(charity: Charity) -> None:
    sessions = [charity.session() for _ in range(3)]
    for _ in range(_ROUNDS):
        mentor = charity.add_mentor(6)
        of_mentor = "from public.activities where mentor_id = %s order by occurred_on limit 3"
        void = f"update public.activities set voided_at = now() where id in (select id {of_mentor})"
        delete = f"delete from public.activities where id in (select id {of_mentor} offset 3)"
        at_once(
            lambda m=mentor: insert(sessions[0], [m] * 7, 6),  # type: ignore[misc]
            lambda m=mentor, q=void: execute(sessions[1], q, m),  # type: ignore[misc]
            lambda m=mentor, q=delete: execute(sessions[2], q, m),  # type: ignore[misc]
        )
        assert charity.rollup_differences() == []
        insert(charity.connection, [mentor] * 3, 13)
        assert charity.awards(mentor) == 1


def execute(connection: psycopg.Connection, query: str, mentor: uuid.UUID) -> None:
    connection.execute(query.encode(), (mentor,))


def test_sessions_with_different_mentors_do_not_wait_for_each_other(charity: Charity) -> None:
    open_sessions = [charity.session() for _ in range(3)]
    mentors = [charity.add_mentor(9) for _ in range(4)]
    for session, mentor in zip(open_sessions, mentors, strict=False):
        session.execute("begin")
        insert(session, [mentor], 9)
    last = charity.session()
    # Whoever waits for those would wait until they end.
    last.execute("set lock_timeout = '5s'")
    insert(last, [mentors[3]], 9)
    for session in open_sessions:
        session.execute("commit")
    assert [charity.awards(mentor) for mentor in mentors] == [1, 1, 1, 1]


def test_four_sessions_at_once_with_different_mentors_award_each(charity: Charity) -> None:
    sessions = [charity.session() for _ in range(4)]
    for _ in range(_ROUNDS):
        mentors = [charity.add_mentor() for _ in range(4)]

        def ten_inserts(session: psycopg.Connection, mentor: uuid.UUID) -> None:
            for week in range(10):
                insert(session, [mentor], week)

        at_once(
            *(
                lambda s=session, m=mentor: ten_inserts(s, m)
                for session, mentor in zip(sessions, mentors, strict=True)
            )
        )
        assert [charity.awards(mentor) for mentor in mentors] == [1, 1, 1, 1]
        assert [charity.log_rows(mentor) for mentor in mentors] == [10, 10, 10, 10]
    assert charity.rollup_differences() == []


def test_without_the_lock_an_award_or_a_count_would_be_lost(charity: Charity) -> None:
    charity.remove_the_lock()
    first, second = charity.session(), charity.session()
    missed = 0
    for _ in range(_ROUNDS):
        # The headroom that activities are taken off is a lock, too, and late ones, which may join streaks, have none.
        mentor = charity.add_mentor(7)
        with ThreadPoolExecutor(1) as pool:
            with first.transaction():
                insert(first, [mentor] * 2, -2)
                work = pool.submit(insert, second, [mentor] * 2, -4)
                wait_until_blocked(charity, second, work)
            work.result(timeout=_PATIENCE)
        missed += charity.awards(mentor) != 1
    assert missed or charity.rollup_differences(), "the other tests of this file prove nothing"


def test_a_deadlock_costs_an_evaluation_and_no_activity(database: Database) -> None:
    """Two transactions insert for the same mentors in opposite orders, which nobody can keep them from. Both
    commit all that they inserted; only the first wait takes the time of a deadlock; the night makes up for it."""
    charity = Charity(database)
    mentors = sorted(charity.add_mentor(activities=9) for _ in range(6))
    ways = (mentors, mentors[::-1])
    start = threading.Barrier(2)

    def work(way: Sequence[uuid.UUID]) -> None:
        session = charity.session()
        session.execute("set deadlock_timeout = '50ms'")
        with session.transaction():
            insert(session, way[:1], week=9)
            start.wait(_PATIENCE)
            for mentor in way[1:]:
                insert(session, [mentor], week=9)

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(work, way) for way in ways]:
            each.result(_PATIENCE)

    assert charity._fetch_one("select count(*) from public.activities") == 6 * (9 + 2)
    failed = charity._fetch_one(
        "select count(*) from public.badge_evaluation_logs where error_message like '%%(40P01)'"
    )
    skipped = charity._fetch_one(
        "select count(*) from public.badge_evaluation_logs where error_message like '%%(55P03)'"
    )
    assert failed == 1, "a transaction meets one deadlock and waits for nobody after it"
    assert skipped >= 1
    logged = charity._fetch_one("select count(*) from public.badge_evaluation_logs")
    assert logged == 6 + 2 * 6, "each statement has its entry"
    assert charity._fetch_one("select kind from public.ops_alerts") == "badge_evaluation_failed"

    charity.connection.execute("select public.reconcile_badges()")
    assert [charity.awards(mentor) for mentor in mentors] == [1] * 6
    assert charity.rollup_differences() == []


def test_an_update_that_deadlocks_stays(database: Database) -> None:
    charity = Charity(database)
    first, second = sorted(charity.add_mentor(activities=9) for _ in range(2))
    change = "update public.activities set duration_minutes = 61 where mentor_id = %s"
    start = threading.Barrier(2)

    def work(way: Sequence[uuid.UUID]) -> None:
        session = charity.session()
        session.execute("set deadlock_timeout = '50ms'")
        with session.transaction():
            insert(session, way[:1], week=9)
            start.wait(_PATIENCE)
            session.execute(change, way[1:])

    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(work, way) for way in ((first, second), (second, first))]
        for each in done:
            each.result(_PATIENCE)
    changed = "select count(*) from public.activities where duration_minutes = 61"
    assert charity._fetch_one(changed) == 18
    assert (
        charity._fetch_one(
            "select count(*) from public.badge_evaluation_logs where error_message is not null"
        )
        == 1
    )
