"""The doors as a client meets them: a weak login that becomes an API role, with claims."""

import re
from pathlib import Path

import psycopg
import pytest
from conftest import Database
from psycopg import errors, sql

from peerledger.sqlfiles import Tree

_SQL = Path(__file__).parent.parent / "sql"
_INSERT = """
insert into public.activities (
    organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes
)
values (
    tests.id('organisation', %s), tests.id('mentor', %s), tests.id('user', %s), 'walk', '2026-02-01', 30
)
"""


@pytest.fixture
def first_rows(request: pytest.FixtureRequest) -> str:
    return "select tests.make_two_organisations()" if "north_and_south" in request.fixturenames else ""


@pytest.fixture
def north_and_south(database: Database) -> Database:
    return database


def user_id(database: Database, name: str) -> str:
    return str(scalar(database.superuser(), f"select tests.id('user', '{name}')"))


def scalar(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_client_has_no_special_privileges(database: Database) -> None:
    client = database.connect_as("authenticated")
    attributes = client.execute(
        "select rolsuper, rolbypassrls, current_user from pg_roles where rolname = session_user"
    ).fetchone()
    assert attributes == (False, False, "authenticated")


def test_claims_reach_the_database(database: Database) -> None:
    sub = "6f1b1b0a-3c1e-4c55-9a55-0f4d7f3a2b11"
    assert scalar(database.connect_as("authenticated", sub), "select private.caller_id()::text") == sub
    assert scalar(database.connect_as("authenticated"), "select private.caller_id()") is None


@pytest.mark.parametrize(
    "statement", ["set role peerledger_owner", "set role postgres", "reset role; table private.logs"]
)
def test_a_client_cannot_escalate(database: Database, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        database.connect_as("authenticated").execute(statement.encode())


def test_being_able_to_become_the_service_role_is_not_enough(database: Database) -> None:
    database.superuser().execute("grant execute on function private.is_service_call to authenticated")
    assert scalar(database.connect_as("authenticated"), "select private.is_service_call()") is False


@pytest.mark.parametrize(
    ("caller", "mentor", "coordinator", "allowed"),
    [
        ("olga", "olga", None, True),
        ("olga", "berit", None, False),
        ("nina", "berit", "nina", True),
        ("nina", "berit", None, False),
        ("oskar", "olga", "oskar", True),
        ("oskar", "berit", "oskar", False),
        ("oskar", "olga", "nina", False),
        ("sven", "olga", "sven", False),
    ],
)
def test_who_may_register_for_whom(
    north_and_south: Database, caller: str, mentor: str, coordinator: str | None, allowed: bool
) -> None:
    client = north_and_south.connect_as("authenticated", user_id(north_and_south, caller))
    if allowed:
        assert client.execute(_INSERT, ("north", mentor, coordinator)).rowcount == 1
    else:
        with pytest.raises(errors.InsufficientPrivilege):
            client.execute(_INSERT, ("north", mentor, coordinator))


def test_two_clients_see_different_rows(north_and_south: Database) -> None:
    seen = {
        name: scalar(
            north_and_south.connect_as("authenticated", user_id(north_and_south, name)),
            "select count(*) from public.activities",
        )
        for name in ("nina", "olga", "sven", "stranger")
    }
    assert seen == {"nina": 4, "olga": 2, "sven": 1, "stranger": 0}


def test_each_definer_function_says_why() -> None:
    """With the reason on the line itself, or in the comment above the function."""
    silent = [
        file.name
        for file in sorted((_SQL / "functions").rglob("*.sql"))
        if "security definer" in (text := file.read_text())
        and not re.search(r"security definer\s+--", text)
        and not re.search(r"^--.*definer", text, re.IGNORECASE | re.MULTILINE)
    ]
    assert silent == []


def test_triggers_replayed_leave_the_logs_guarded(database: Database) -> None:
    """Replacing a trigger of a partitioned table resets when it fires; the file must set it again."""
    query = """
        select count(*), count(*) filter (where tgenabled = 'A')
        from pg_trigger where tgfoid = 'private.refuse_log_change'::regproc
    """
    owner = database.superuser()
    before = owner.execute(query.encode()).fetchone()
    _replay_triggers(owner)
    after = owner.execute(query.encode()).fetchone()
    assert before is not None
    assert before[0] == before[1] > 0
    assert after == before


def test_each_trigger_stands_in_the_file_of_its_table(database: Database) -> None:
    """Dropped from every table and made again from sql/triggers/ alone: the same triggers."""
    query = """
        select tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(pg_trigger.oid)
        from pg_trigger
        inner join pg_proc as routine on routine.oid = tgfoid
        where not tgisinternal and tgparentid = 0 and routine.pronamespace = 'private'::regnamespace
            and not exists (select from pg_inherits where inhrelid = tgrelid)
        order by 1, 2
    """
    owner = database.superuser()
    before = owner.execute(query.encode()).fetchall()
    for table, trigger, *_ in before:
        owner.execute(sql.SQL("drop trigger {} on {}").format(sql.Identifier(trigger), sql.SQL(table)))
    _replay_triggers(owner)
    assert len(before) > 0
    assert owner.execute(query.encode()).fetchall() == before


def _replay_triggers(owner: psycopg.Connection) -> None:
    owner.execute("set role peerledger_owner")
    for file in Tree().objects():
        if file.path.startswith("sql/triggers/"):
            owner.execute(file.text.encode())
    owner.execute("reset role")
