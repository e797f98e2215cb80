"""The state of access: described once, compared, named, and brought about. On every server."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from conftest import Database

from peerledger import access
from peerledger.database import Database as RunnerDatabase
from peerledger.migrate import check, migrate, rollback
from peerledger.plan import Plan
from peerledger.sqlfiles import Tree
from peerledger.status import read

API_ROLES = "anon, authenticated, service_role"
DEEDS = {
    "everything granted to the API roles, as a forum answer says": (
        f"grant all on all tables in schema public to {API_ROLES};"
        f"grant all on all functions in schema public to {API_ROLES}",
        r"(?s)run_certification_expiry\S+ anon has EXECUTE.*table public\.activities: anon has DELETE",
    ),
    "a column granted": (
        "grant update (body) on public.activity_notes to anon",
        r"table public\.activity_notes: anon has UPDATE \(body\)",
    ),
    "a privilege taken away": (
        "revoke select on public.activities from authenticated",
        r"table public\.activities: authenticated lacks SELECT",
    ),
    "a role of somebody's own": (
        "grant select on public.peer_mentors to pg_monitor",
        r"table public\.peer_mentors: pg_monitor has SELECT",
    ),
    "row level security off": (
        "alter table public.peer_mentors disable row level security",
        r"table public\.peer_mentors: row level security is off",
    ),
    "row level security no longer forced": (
        "alter table public.peer_mentors no force row level security",
        r"row level security is on but not forced",
    ),
    "a policy added": (
        'create policy "Everybody" on public.activities for select to anon using (true)',
        r'table public\.activities: policy "Everybody" is not part of this version',
    ),
    "a policy dropped": (
        'drop policy "Nobody changes an entry" on public.proxy_audit_log',
        r'policy "Nobody changes an entry" is missing',
    ),
    "a policy changed": (
        'alter policy "Coordinators see the removals of their organisations" '
        "on public.hlf_removals using (true)",
        r'policy "Coordinators see the removals of their organisations" is not the one of this version',
    ),
    "an owner changed": (
        "alter table public.chapters owner to {migrator}",
        r"table public\.chapters: owner is ",
    ),
    "the owner of a function changed": (
        "alter function private.caller_id() owner to {migrator}",
        r"function private\.caller_id\(\): owner is ",
    ),
    "a function's body changed": (
        "create or replace function private.is_service_call() returns boolean language sql stable "
        "set search_path = pg_catalog, pg_temp as 'select true'",
        r"function private\.is_service_call\(\): its body is not the one of this version",
    ),
    "a function that only a migration has, changed": (
        "create or replace function private.is_time_zone(time_zone text) returns boolean language sql "
        "as 'select true'",
        r"function private\.is_time_zone\(text\): its body",
    ),
    "a function's settings changed": (
        "alter function private.my_organisation_ids() reset search_path",
        r"function private\.my_organisation_ids\(\): attributes is",
    ),
    "a function dropped": (
        "drop function public.get_compliance_report",
        r"function public\.get_compliance_report\(.*\): is missing",
    ),
    "guards switched off": (
        "alter table public.badge_evaluation_logs disable trigger user",
        r"table public\.badge_evaluation_logs: trigger _100_no_delete is off, not always on",
    ),
    "guards dropped": (
        "drop trigger _100_no_update on public.badge_evaluation_logs;"
        "drop trigger _200_no_row_change on public.badge_evaluation_logs",
        r"trigger _100_no_update is missing(?s:.*)trigger _200_no_row_change is missing",
    ),
    "a trigger of ours dropped": (
        "drop trigger _200_check_proxy_inserted on public.activities",
        r"table public\.activities: trigger _200_check_proxy_inserted is missing",
    ),
    "a trigger added": (
        "create trigger swallow before insert on public.proxy_audit_log "
        "for each row execute function suppress_redundant_updates_trigger()",
        r"table public\.proxy_audit_log: trigger swallow is not part of this version",
    ),
    "a rule added": (
        "create rule swallow as on insert to public.chapters do instead nothing",
        r"table public\.chapters: rule swallow is not part of this version",
    ),
    "default privileges": (
        "alter default privileges for role peerledger_owner grant execute on functions to anon",
        r"default privileges of peerledger_owner.*: anon on functions has EXECUTE",
    ),
    "the schema private opened": (
        "grant usage on schema private to anon; grant all on all tables in schema private to anon",
        r"schema private: anon has USAGE(?s:.*)table private\.sql_files: anon has ",
    ),
    "an API role that may become the owner": (
        "grant peerledger_owner to anon",
        r"role anon: may become peerledger_owner",
    ),
    "the description itself": (
        "delete from private.access_description where object = 'public.activities';"
        "grant delete on public.activities to anon",
        r"table public\.activities: anon has DELETE(?s:.*)not the description of this version",
    ),
}


@pytest.fixture
def address(database: Database) -> str:
    return database.dsn(database.target.server.migrator_dsn)


@pytest.fixture
def installation(address: str) -> RunnerDatabase:
    return RunnerDatabase(address, is_embedded=False, psql=None)


@pytest.fixture
def migrator(database: Database) -> Iterator[psycopg.Connection]:
    yield database.migrator()
    # A role belongs to the whole server, and other tests use it.
    # By whom it was granted: from PostgreSQL 16 on, a grant is revoked by its grantor.
    database.migrator().execute("revoke peerledger_owner from anon")


def state(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """With the real owners, and each partition."""
    described = connection.execute(
        "select kind, found_in, aspect, value from private.describe_access() order by 1, 2, 3, 4"
    ).fetchall()
    owners = connection.execute(
        "select relname, relowner::regrole::text from pg_class "
        "where relnamespace in ('public'::regnamespace, 'private'::regnamespace) "
        "union all select oid::regprocedure::text, proowner::regrole::text from pg_proc "
        "where pronamespace in ('public'::regnamespace, 'private'::regnamespace) order by 1, 2"
    ).fetchall()
    return [*described, *owners]


def messages(plan: Plan) -> str:
    return "\n".join(difference.message for difference in plan.access)


def test_the_description_in_the_code_belongs_to_the_sql_files() -> None:
    """Red after a change of the SQL: `make docs` writes it anew."""
    assert access.described(Tree()) is not None


def test_the_description_is_what_migrate_makes_on_this_server(database: Database) -> None:
    """Whatever the server's version: nothing of it is worded differently by another."""
    with database.migrator() as connection, connection.transaction():
        assert access.observed(connection, Tree()) == access.described(Tree())


def test_a_fresh_database_is_as_described(installation: RunnerDatabase, migrator: psycopg.Connection) -> None:
    assert check(installation).is_empty
    assert migrator.execute("select * from private.access_differences()").fetchall() == []


@pytest.mark.two_targets
@pytest.mark.parametrize("deed", DEEDS)
def test_what_was_done_to_access_is_named_and_put_right(
    installation: RunnerDatabase, migrator: psycopg.Connection, deed: str
) -> None:
    before = state(migrator)
    statement, named = DEEDS[deed]
    who = migrator.execute("select current_user").fetchone()
    assert who is not None
    migrator.execute(statement.replace("{migrator}", who[0]).encode())
    assert state(migrator) != before or "description" in deed

    plan = check(installation)
    assert not plan.is_empty
    assert re.search(named, messages(plan))
    shown = read(installation, at=datetime.now(UTC))
    assert any(plan.access[0].message in problem.message for problem in shown.problems)

    migrate(installation)
    assert check(installation).is_empty
    assert state(migrator) == before
    assert migrator.execute(
        "select count(*) from public.security_events where event_kind = 'access_restored'"
    ).fetchone() == (1,)


@pytest.mark.two_targets
@pytest.mark.parametrize("deed", [deed for deed in DEEDS if "description" not in deed])
def test_the_upkeep_raises_a_critical_alert_that_names_it(migrator: psycopg.Connection, deed: str) -> None:
    migrator.execute("select private.ensure_log_partitions()")
    statement, named = DEEDS[deed]
    who = migrator.execute("select current_user").fetchone()
    assert who is not None
    migrator.execute(statement.replace("{migrator}", who[0]).encode())
    for _ in range(2):
        with migrator.transaction():
            migrator.execute("set local role peerledger_owner")
            migrator.execute("select private.watch_access()")
    rows = migrator.execute(
        "select severity, message, details -> 'differences' from public.ops_alerts "
        "where kind = 'access_changed'"
    ).fetchall()
    assert [row[0] for row in rows] == ["critical"], "one open alert, not one a night"
    assert re.search(named, "\n".join(rows[0][2]))
    first = rows[0][2][0]
    assert first[:60] in rows[0][1]
    (entries,) = migrator.execute(
        "select count(*) from public.security_events where event_kind = 'access_changed'"
    ).fetchone() or (None,)
    # Where the change keeps our own functions from writing an entry, the alert has to do.
    assert entries == 1 or "caller_id" in statement


def test_no_false_alarm(installation: RunnerDatabase, migrator: psycopg.Connection) -> None:
    """A new month, a rollback and forward again, what the app has beside ours."""
    migrator.execute("create table public.app_table (id int); grant all on public.app_table to anon")
    migrator.execute("create function public.app_function() returns int language sql as 'select 1'")
    migrator.execute("create table private.app_table (id int)")
    migrator.execute("select private.ensure_log_partitions(9)")
    assert check(installation).lines() == []
    migrator.close()
    rollback(installation, 1)
    migrate(installation)
    assert check(installation).lines() == []
    with installation.connect() as connection:
        connection.execute("select private.ensure_log_partitions(10)")
        assert connection.execute("select count(*) from public.ops_alerts").fetchone() == (0,)
        assert connection.execute("select to_regclass('public.app_table') is not null").fetchone() == (True,)


def test_what_belongs_to_the_owner_and_is_of_no_version_is_closed_and_named(
    installation: RunnerDatabase, migrator: psycopg.Connection
) -> None:
    migrator.execute("set role peerledger_owner")
    migrator.execute(
        "create function public.open_door() returns int language sql security definer as 'select 1'"
    )
    migrator.execute("grant execute on function public.open_door to anon")
    migrator.execute("reset role")
    named = "function public.open_door(): belongs to peerledger_owner and is not part of this version"
    assert messages(check(installation)) == named
    with pytest.raises(Exception, match="belongs to peerledger_owner"):
        migrate(installation)
    assert migrator.execute(
        "select has_function_privilege('anon', 'public.open_door()', 'execute')"
    ).fetchone() == (False,)
