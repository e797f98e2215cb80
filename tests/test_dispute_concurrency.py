"""Two sessions about the same activity at the same moment: one dispute, one outcome, one message."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from conftest import Database
from psycopg import errors

pytestmark = pytest.mark.two_targets

_PATIENCE = 60  # seconds, after which a test fails instead of hanging
_DISPUTE = "select id from public.dispute_proxy_activity(tests.id('activity', 'nina for olga'), 'not_me')"
_SETTLE = "select outcome from public.resolve_proxy_dispute(tests.id('activity', 'nina for olga'), '{}')"


class North:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.superuser = database.superuser()
        self.superuser.execute("select tests.make_two_organisations()")
        self.superuser.execute("select tests.make_coordinator('signe', 'north')")

    def session(self, user: str) -> psycopg.Connection:
        row = self.superuser.execute("select tests.id('user', %s)", (user,)).fetchone()
        assert row is not None
        connection = self.database.connect_as("authenticated", row[0])
        connection.execute(f"set statement_timeout = '{_PATIENCE}s'".encode())
        connection.autocommit = False
        return connection

    def wait_until_blocked(self, session: psycopg.Connection) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self.superuser.execute(
            "select cardinality(pg_blocking_pids(%s))", (session.info.backend_pid,)
        ).fetchone() == (0,):
            assert time.monotonic() < deadline, "the second session never waited for the first"
            time.sleep(0.01)

    def one_after_the_other(
        self, first: psycopg.Connection, statement: str, second: psycopg.Connection, other: str
    ) -> Iterator[object]:
        """The second statement begins before the first commits. What each returns."""
        yield first.execute(statement.encode()).fetchone()
        with ThreadPoolExecutor() as threads:
            waiting = threads.submit(lambda: second.execute(other.encode()).fetchone())
            self.wait_until_blocked(second)
            first.commit()
            yield waiting.result(_PATIENCE)
        second.commit()


@pytest.fixture
def north(database: Database) -> North:
    return North(database)


def test_a_dispute_sent_twice_at_once_is_one(north: North) -> None:
    first, second = north.one_after_the_other(
        north.session("olga"), _DISPUTE, north.session("olga"), _DISPUTE
    )
    assert first == second
    assert north.superuser.execute("select count(*) from public.proxy_disputes").fetchone() == (1,)


def test_of_two_coordinators_the_second_hears_what_the_first_decided(north: North) -> None:
    north.superuser.execute(_DISPUTE.encode())
    oskar, signe = north.session("oskar"), north.session("signe")
    with pytest.raises(errors.InvalidParameterValue):
        list(north.one_after_the_other(oskar, _SETTLE.format("rejected"), signe, _SETTLE.format("upheld")))
    signe.rollback()
    row = north.superuser.execute(
        "select outcome, resolved_by = tests.id('user', 'oskar'), voided_at from public.proxy_disputes "
        "inner join public.activities on activities.id = activity_id"
    ).fetchone()
    assert row == ("rejected", True, None)
    assert north.superuser.execute(
        "select count(*) from public.administrative_changes where change_kind = 'settled'"
    ).fetchone() == (1,)


def test_what_is_voided_meanwhile_is_not_disputed(north: North) -> None:
    void = (
        "select id from public.update_proxy_activity(tests.id('activity', 'nina for olga'), "
        "jsonb_build_object('voided_at', now()))"
    )
    with pytest.raises(errors.InvalidParameterValue):
        list(north.one_after_the_other(north.session("nina"), void, north.session("olga"), _DISPUTE))


def test_two_who_register_for_one_mentor_make_one_message(north: North) -> None:
    register = (
        "select id from public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-0{}', 30)"
    )
    list(
        north.one_after_the_other(
            north.session("nina"), register.format(1), north.session("oskar"), register.format(2)
        )
    )
    rows = north.superuser.execute(
        "select payload ->> 'activity_count', jsonb_array_length(payload -> 'activity_ids') "
        "from public.notifications where kind = 'proxy_registered'"
    ).fetchall()
    assert rows == [("2", 2)]
