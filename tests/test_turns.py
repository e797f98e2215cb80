"""Statements of clients that name the same rows in different orders wait for one another, and not in a circle."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from conftest import Database

pytestmark = pytest.mark.two_targets

_PATIENCE = 60  # seconds, after which a test fails instead of hanging

_UPSERT = """
insert into public.activities
    (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
select
    id, organisation_id, mentor_id, case when coordinator_id is not null then auth.uid() end, activity_type,
    occurred_on, %s
from public.activities where id = %s
on conflict (id) do update set duration_minutes = excluded.duration_minutes
"""
_PATCH = "update public.activities set duration_minutes = %s where id = %s"
_NOTE = """
insert into public.activity_notes (activity_id, organisation_id, body)
select id, organisation_id, %s::text from public.activities where id = %s
on conflict (activity_id) do update set body = excluded.body
"""


@pytest.mark.parametrize("statement", [_UPSERT, _PATCH, _NOTE], ids=["upsert", "patch", "notes"])
@pytest.mark.parametrize(
    ("first", "second", "rows"),
    [
        ("olga", "olga", ("olga's", "olga's second")),
        ("nina", "nina", ("nina for olga", "nina for berit")),
        ("nina", "nora", ("nina for olga", "nina for berit")),
    ],
    ids=["a mentor twice", "a coordinator twice", "two coordinators"],
)
def test_two_clients_never_wait_for_each_other_in_a_circle(
    database: Database, statement: str, first: str, second: str, rows: tuple[str, str]
) -> None:
    """One takes a and then b, the other b and then a: whoever comes second waits before it holds anything."""
    connection = database.superuser()
    connection.execute("select tests.make_two_organisations(), tests.make_coordinator('nora', 'north')")
    connection.execute("select tests.make_activity('olga''s second', 'olga')")
    a, b = (value(connection, "select tests.id('activity', %s)", row) for row in rows)
    one, other = (
        session(database, value(connection, "select tests.id('user', %s)", name)) for name in (first, second)
    )
    with ThreadPoolExecutor() as threads:
        one.execute(statement.encode(), (30, a))
        running = threads.submit(other.execute, statement.encode(), (31, b))
        wait_until_blocked(connection, other)
        one.execute(statement.encode(), (30, b))
        one.commit()
        running.result(timeout=_PATIENCE)
        other.execute(statement.encode(), (31, a))
        other.commit()


_REGISTER = """
select public.register_proxy_activities((
    select jsonb_agg(jsonb_build_object(
        'mentor_id', id, 'activity_type', 'walk', 'occurred_on', current_date - 1, 'duration_minutes', 5
    ))
    from public.peer_mentors
))
"""
_REGISTER_ONE = "select public.register_proxy_activity(%s, 'walk', current_date - 1, 5)"
_INSERT = """
insert into public.activities
    (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
select organisation_id, id, auth.uid(), 'walk', current_date - 1, 5 from public.peer_mentors where id = %s
"""


@pytest.mark.parametrize("way", [_INSERT, _REGISTER_ONE], ids=["inserts", "calls"])
def test_a_transaction_of_several_statements_and_a_call_never_wait_in_a_circle(
    database: Database, way: str
) -> None:
    """The call locks its mentors in the order of their ids; the transaction begins with the last of them."""
    connection = database.superuser()
    connection.execute("select tests.make_two_organisations(), tests.make_coordinator('nora', 'north')")
    mentors = sorted(value(connection, "select tests.id('mentor', %s)", name) for name in ("olga", "berit"))
    one, other = (
        session(database, value(connection, "select tests.id('user', %s)", name)) for name in ("nina", "nora")
    )
    with ThreadPoolExecutor() as threads:
        one.execute(way.encode(), (mentors[1],))
        running = threads.submit(other.execute, _REGISTER.encode())
        wait_until_blocked(connection, other)
        one.execute(way.encode(), (mentors[0],))
        one.commit()
        running.result(timeout=_PATIENCE)
        other.commit()


def test_a_correction_waits_for_its_turn_before_it_holds_the_activity(database: Database) -> None:
    connection = database.superuser()
    connection.execute("select tests.make_two_organisations(), tests.make_coordinator('nora', 'north')")
    activity = value(connection, "select tests.id('activity', %s)", "nina for olga")
    one, other = (
        session(database, value(connection, "select tests.id('user', %s)", name)) for name in ("nina", "nora")
    )
    correct = "select public.update_proxy_activity(%s, '{\"duration_minutes\": 7}')"
    with ThreadPoolExecutor() as threads:
        one.execute(_INSERT.encode(), (value(connection, "select tests.id('mentor', 'berit')"),))
        running = threads.submit(other.execute, correct.encode(), (activity,))
        wait_until_blocked(connection, other)
        one.execute(_PATCH.encode(), (8, activity))
        one.commit()
        running.result(timeout=_PATIENCE)
        other.commit()


def test_clients_who_cannot_meet_do_not_wait(database: Database) -> None:
    connection = database.superuser()
    connection.execute("select tests.make_two_organisations()")
    held = []
    for name, row in (
        ("olga", "olga's"),
        ("berit", "berit's"),
        ("nina", "nina for olga"),
        ("sara", "sara's"),
    ):
        client = session(database, value(connection, "select tests.id('user', %s)", name))
        # Of one mentor the badges are evaluated one after the other; notes have none.
        client.execute("set local lock_timeout = '1s'")
        client.execute(_NOTE.encode(), ("x", value(connection, "select tests.id('activity', %s)", row)))
        held.append(client)
    assert len(held) == 4


def value(connection: psycopg.Connection, query: str, *values: object) -> uuid.UUID:
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    found: uuid.UUID = row[0]
    return found


def session(database: Database, user: uuid.UUID) -> psycopg.Connection:
    connection = database.connect_as("authenticated", user)
    connection.execute(f"set statement_timeout = '{_PATIENCE}s'".encode())
    connection.autocommit = False
    return connection


def wait_until_blocked(connection: psycopg.Connection, waiting: psycopg.Connection) -> None:
    deadline = time.monotonic() + _PATIENCE
    query = b"select cardinality(pg_blocking_pids(%s)) > 0"
    while not (row := connection.execute(query, (waiting.info.backend_pid,)).fetchone()) or not row[0]:
        assert time.monotonic() < deadline, "the second never waited for the first"
        time.sleep(0.01)
