"""What the migrating role can do by DDL leaves an entry that names the object and a critical alert, even when all is put
back before anybody looks; and a sound database says nothing."""

import psycopg
import pytest
from conftest import Database
from psycopg import errors, sql

from peerledger import guards
from peerledger.database import Database as RunnerDatabase
from peerledger.migrate import migrate, rollback

pytestmark = pytest.mark.two_targets

UPKEEP = b"select private.ensure_log_partitions()"
# {month} is this month, as in the name of its partitions.
THIS_MONTH = "private.badge_evaluation_logs_{month}"
SWAP = """
do $do$
declare
    v_definition text := pg_get_functiondef('{function}'::regprocedure);
begin
    execute regexp_replace(v_definition, 'AS \\$function\\$.*\\$function\\$', $$AS $function${body}$function$ $$);
    {meanwhile}
    execute v_definition;
end
$do$
"""


def swapped(function: str, body: str, meanwhile: str = "null;") -> str:
    return SWAP.replace("{function}", function).replace("{body}", body).replace("{meanwhile}", meanwhile)


# What is done, and which object the entry has to name.
DEEDS: dict[str, tuple[list[str], str]] = {
    "a guard's body is replaced, entries are removed, the body is put back": (
        [
            swapped(
                "private.refuse_log_change()",
                " begin return coalesce(new, old); end ",
                "delete from public.badge_evaluation_logs;",
            )
        ],
        "private.refuse_log_change()",
    ),
    "snapshots are forged by ALTER TYPE": (
        ["alter table public.proxy_audit_log alter column payload_snapshot type jsonb using '{}'"],
        "public.proxy_audit_log",
    ),
    "ids are forged by ALTER TYPE": (
        [
            "alter table public.badge_evaluation_logs alter column peer_mentor_id type uuid "
            "using '00000000-0000-0000-0000-000000000000'"
        ],
        THIS_MONTH,
    ),
    "a column is dropped": (
        ["alter table public.proxy_audit_log drop column payload_snapshot"],
        "public.proxy_audit_log",
    ),
    "a column is dropped and added again": (
        [
            "alter table public.badge_evaluation_logs drop column error_message",
            "alter table public.badge_evaluation_logs add column error_message text",
        ],
        "public.badge_evaluation_logs",
    ),
    "a rule swallows entries": (
        ["create rule swallow as on insert to public.badge_evaluation_logs do instead nothing"],
        "public.badge_evaluation_logs",
    ),
    "a trigger swallows entries": (
        [
            "create function public.nothing() returns trigger language plpgsql as 'begin return null; end'",
            f"create trigger _000_swallow before insert on {THIS_MONTH} "
            "for each row execute function public.nothing()",
        ],
        THIS_MONTH,
    ),
    "a partition is made unlogged": ([f"alter table {THIS_MONTH} set unlogged"], THIS_MONTH),
    "a partition is made unlogged and logged again": (
        [f"alter table {THIS_MONTH} set unlogged", f"alter table {THIS_MONTH} set logged"],
        THIS_MONTH,
    ),
    "everything is past the floor for a while": (
        [
            swapped(
                "private.log_months()",
                " begin return query select log.log_name, current_date, true, false from private.logs as log; end ",
            )
        ],
        "private.log_months()",
    ),
    "this month's partition is dropped": ([f"drop table {THIS_MONTH}"], THIS_MONTH),
    "this month's partition is dropped and made again": (
        [
            f"drop table {THIS_MONTH}",
            "call private.create_log_partition('badge_evaluation_logs', date_trunc('month', now() at time zone 'utc')::date)",
        ],
        THIS_MONTH,
    ),
    "this month's partition is detached": (
        [f"alter table public.badge_evaluation_logs detach partition {THIS_MONTH}"],
        THIS_MONTH,
    ),
    "a log is renamed": (
        ["alter table public.badge_evaluation_logs rename to elsewhere"],
        "public.badge_evaluation_logs",
    ),
    "a log is renamed and renamed back": (
        [
            "alter table public.badge_evaluation_logs rename to elsewhere",
            "alter table public.elsewhere rename to badge_evaluation_logs",
        ],
        "public.badge_evaluation_logs",
    ),
    "the log of the logs is renamed and renamed back": (
        [
            "alter table public.security_events rename to elsewhere",
            "alter table public.elsewhere rename to security_events",
        ],
        "public.security_events",
    ),
    "a log is in another schema for a while": (
        [
            "alter table public.proxy_audit_log set schema private",
            "alter table private.proxy_audit_log set schema public",
        ],
        "public.proxy_audit_log",
    ),
    "a policy hides entries from coordinators": (
        [
            "create policy hidden on public.badge_evaluation_logs as restrictive for select to authenticated "
            "using (error_message is null)"
        ],
        "public.badge_evaluation_logs",
    ),
    "row level security is not forced for a while": (
        [
            "alter table public.proxy_audit_log no force row level security",
            "alter table public.proxy_audit_log force row level security",
        ],
        "public.proxy_audit_log",
    ),
    "a trigger is switched off and on": (
        [
            f"alter table {THIS_MONTH} disable trigger _100_no_delete",
            f"alter table {THIS_MONTH} enable always trigger _100_no_delete",
        ],
        THIS_MONTH,
    ),
    "the floor's CHECK and triggers are off while a row is lowered": (
        [
            "alter table private.logs disable trigger user",
            "alter table private.logs drop constraint logs_are_kept_five_years_or_longer",
            "update private.logs set retention_months = 1",
            "update private.logs set retention_months = 60",
            "alter table private.logs add constraint logs_are_kept_five_years_or_longer check (retention_months >= 60)",
            "alter table private.logs enable always trigger _100_keep_log_floor",
            "alter table private.logs enable always trigger _110_keep_log_floors",
        ],
        "private.logs",
    ),
    "the floor's row is rewritten to what it was": (
        ["update private.logs set retention_months = 60"],
        "private.logs",
    ),
    "the watcher does nothing for a while": (
        [swapped("private.watch_logs()", " begin end ")],
        "private.watch_logs()",
    ),
    "a guard loses the owner's rights for a while": (
        [
            "alter function private.refuse_log_change() security invoker",
            "alter function private.refuse_log_change() security definer",
        ],
        "private.refuse_log_change()",
    ),
    "a guard gets a setting for a while": (
        [
            "alter function private.prune_log_month(text, date, bigint, text, text) set timezone = 'Asia/Tokyo'",
            "alter function private.prune_log_month(text, date, bigint, text, text) reset timezone",
        ],
        "private.prune_log_month(log_name text, month date, expected_rows bigint, expected_sha256 text, file_sha256 text)",
    ),
    "alerts are swallowed for a while": (
        [
            "create function public.nothing() returns trigger language plpgsql as 'begin return null; end'",
            "create trigger swallow before insert on public.ops_alerts "
            "for each row execute function public.nothing()",
            "alter table public.ops_alerts rename to elsewhere",
            "alter table public.elsewhere rename to ops_alerts",
            "drop trigger swallow on public.ops_alerts",
        ],
        "public.ops_alerts",
    ),
    "a stranger's table is attached": (
        [
            "create table public.stranger (like public.badge_evaluation_logs including defaults including constraints)",
            "alter table public.badge_evaluation_logs attach partition public.stranger "
            "for values from ('2001-01-01 00:00+00') to ('2002-01-01 00:00+00')",
        ],
        "public.stranger",
    ),
    "a unique index refuses entries": (
        ["create unique index one_only on public.badge_evaluation_logs ((true), triggered_at)"],
        "public.badge_evaluation_logs",
    ),
    "the marks are emptied": (["delete from private.log_guard_marks"], "private.log_guard_marks"),
    "a mark is edited": (
        [
            "update private.log_guard_marks set parts = parts || '{\"table\": \"1\"}' where object_name = 'public.activities'"
        ],
        "private.log_guard_marks",
    ),
    "a deed is marked as if nothing had happened": (
        [
            "alter table public.proxy_audit_log disable trigger _100_no_delete",
            "alter table public.proxy_audit_log enable always trigger _100_no_delete",
            "select private.mark_guards('migrate')",
        ],
        "public.proxy_audit_log",
    ),
    "the trigger that records changes of activities is off for a while": (
        [
            "alter table public.activities disable trigger user",
            "alter table public.activities enable trigger user",
        ],
        "public.activities",
    ),
}


def scalar(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def named(connection: psycopg.Connection) -> set[object]:
    """The objects that an entry names."""
    return {
        row[0]
        for row in connection.execute(
            "select details ->> 'object' from public.security_events where event_kind in "
            "('log_guards_changed', 'log_partition_missing', 'database_restored')"
        )
    }


def alerts(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select kind, severity from public.ops_alerts where kind in "
        "('log_guards_changed', 'log_partition_missing', 'database_restored') order by 1"
    ).fetchall()


def runner(database: Database) -> RunnerDatabase:
    return RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)


def assert_silence(database: Database) -> None:
    superuser = database.superuser()
    superuser.execute(UPKEEP)
    assert named(superuser) == set()
    assert scalar(superuser, "select array_agg(kind) from public.ops_alerts") is None
    assert superuser.execute("select * from private.guard_changes()").fetchall() == []


@pytest.mark.parametrize("deed", DEEDS, ids=str)
def test_a_deed_leaves_an_entry_that_names_the_object_and_an_alert(database: Database, deed: str) -> None:
    assert_silence(database)
    statements, wanted = DEEDS[deed]
    migrator = database.migrator()
    month = str(scalar(migrator, "select to_char(now() at time zone 'utc', 'YYYY_MM')"))
    for statement in statements:
        migrator.execute(statement.replace("{month}", month).encode())
    migrator.execute(UPKEEP)
    assert wanted.replace("{month}", month) in named(migrator)
    assert ("critical",) in {row[1:] for row in alerts(migrator)}
    # It was said; a second night does not say it again.
    before = scalar(migrator, "select count(*) from public.security_events")
    migrator.execute(UPKEEP)
    assert scalar(migrator, "select count(*) from public.security_events") == before


def test_the_log_of_the_logs_renamed_is_an_alert_and_the_others_are_looked_after(database: Database) -> None:
    migrator = database.migrator()
    migrator.execute("alter table public.security_events rename to elsewhere")
    migrator.execute(
        "do $$ begin execute 'drop table private.proxy_audit_log_' "
        "|| to_char(now() at time zone 'utc' + interval '2 months', 'YYYY_MM'); end $$"
    )
    migrator.execute(UPKEEP)
    kinds = {row[0] for row in migrator.execute("select kind from public.ops_alerts").fetchall()}
    assert {"log_partition_missing", "log_upkeep_failed", "log_guards_missing"} <= kinds
    assert (
        scalar(
            migrator,
            "select count(*) from private.log_partitions('proxy_audit_log') "
            "where starts_at = date_trunc('month', now() at time zone 'utc' + interval '2 months') at time zone 'utc'",
        )
        == 1
    )
    migrator.execute("alter table public.elsewhere rename to security_events")
    migrator.execute(UPKEEP)
    assert "public.security_events" in named(migrator), "what could not be recorded was not taken for seen"


def test_one_broken_log_stops_no_other(database: Database) -> None:
    migrator = database.migrator()
    migrator.execute("alter table public.badge_evaluation_logs rename to elsewhere")
    dropped = "private.proxy_audit_log_" + str(
        scalar(migrator, "select to_char(now() at time zone 'utc' + interval '2 months', 'YYYY_MM')")
    )
    migrator.execute(f"drop table {dropped}".encode())
    migrator.execute(UPKEEP)
    assert scalar(migrator, f"select to_regclass('{dropped}') is not null") is True
    assert scalar(
        migrator, "select array_agg(dedupe_key) from public.ops_alerts where kind = 'log_upkeep_failed'"
    ) == ["log_upkeep_failed:badge_evaluation_logs"]
    assert {"public.badge_evaluation_logs", dropped} <= named(migrator)


def test_a_live_month_under_an_old_name_is_not_pruned(database: Database) -> None:
    migrator = database.migrator()
    month = str(scalar(migrator, "select to_char(now() at time zone 'utc', 'YYYY_MM')"))
    migrator.execute(
        f"alter table private.badge_evaluation_logs_{month} rename to badge_evaluation_logs_2015_01".encode()
    )
    nothing = "0, encode(sha256(''), 'hex'), ''"
    with pytest.raises(errors.DatabaseError, match="has no month 2015-01-01"):
        migrator.execute(
            f"select private.prune_log_month('badge_evaluation_logs', '2015-01-01', {nothing})".encode()
        )
    with pytest.raises(errors.DatabaseError) as caught:
        migrator.execute(
            "select private.prune_log_month('badge_evaluation_logs', "
            f"date_trunc('month', now() at time zone 'utc')::date, {nothing})".encode()
        )
    assert caught.value.sqlstate == "PL005"
    assert scalar(migrator, "select count(*) from private.log_months() where month = '2015-01-01'") == 0
    migrator.execute(UPKEEP)
    assert f"private.badge_evaluation_logs_{month}" in named(migrator)


def test_sixty_months_are_in_the_functions_whatever_the_row_says(database: Database) -> None:
    migrator = database.migrator()
    for statement in (
        "alter table private.logs disable trigger user",
        "alter table private.logs drop constraint logs_are_kept_five_years_or_longer",
        "update private.logs set retention_months = 0",
        "set role peerledger_owner",
        "call private.create_log_partition('badge_evaluation_logs', "
        "(date_trunc('month', now() at time zone 'utc') - interval '3 months')::date)",
        "reset role",
    ):
        migrator.execute(statement.encode())
    assert scalar(migrator, "select count(*) from private.log_months() where is_past_floor") == 0
    # Even when what says which months are past the floor was replaced.
    migrator.execute(
        "create or replace function private.log_months(out log_name text, out month date, out is_past_floor boolean, "
        "out is_held boolean) returns setof record language sql stable security definer as "
        "$$ select 'badge_evaluation_logs', (date_trunc('month', now() at time zone 'utc') - interval '3 months')::date, "
        "true, false $$"
    )
    with pytest.raises(errors.DatabaseError) as caught:
        migrator.execute(
            "select private.prune_log_month('badge_evaluation_logs', (date_trunc('month', now() at time zone 'utc') "
            "- interval '3 months')::date, 0, encode(sha256(''), 'hex'), '')"
        )
    assert caught.value.sqlstate == "PL005"


def test_a_detached_month_is_not_hidden_by_its_name(database: Database) -> None:
    """Its table is still there: the upkeep neither takes it for the month's partition nor writes into it."""
    migrator = database.migrator()
    month = str(scalar(migrator, "select to_char(now() at time zone 'utc', 'YYYY_MM')"))
    migrator.execute(
        f"alter table public.proxy_audit_log detach partition private.proxy_audit_log_{month}".encode()
    )
    migrator.execute(UPKEEP)
    assert scalar(
        migrator, "select array_agg(dedupe_key) from public.ops_alerts where kind = 'log_upkeep_failed'"
    ) == ["log_upkeep_failed:proxy_audit_log"]


def test_an_alert_that_is_swallowed_fails_the_upkeep(database: Database) -> None:
    migrator = database.migrator()
    migrator.execute("create rule swallow as on insert to public.ops_alerts do instead nothing")
    with pytest.raises(errors.DatabaseError):
        migrator.execute(UPKEEP)
    migrator.execute("drop rule swallow on public.ops_alerts")
    migrator.execute("create table public.of_the_app (id int)")
    migrator.execute("alter table public.proxy_audit_log no force row level security")
    migrator.execute(UPKEEP)
    assert "public.proxy_audit_log" in named(migrator)


@pytest.mark.parametrize(
    "event",
    [
        "vacuum analyze",
        "analyze",
        "reindex table public.badge_evaluation_logs",
        "vacuum freeze private.badge_evaluation_logs_default",
        "create index by_kind on public.badge_evaluation_logs (source)",
        "create table public.of_the_app (mentor_id uuid references public.peer_mentors (id))",
        "insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, duration_ms, source) "
        "values (gen_random_uuid(), gen_random_uuid(), '2021-03-05', 1, 'manual')",
        "select private.ensure_log_partitions(12)",
        "select private.set_log_retention('proxy_audit_log', 72)",
    ],
)
def test_a_sound_database_has_no_false_alarm(database: Database, event: str) -> None:
    assert_silence(database)
    database.superuser().execute(event.encode())
    assert_silence(database)


def test_migrating_back_and_forth_is_no_alarm(database: Database) -> None:
    assert migrate(runner(database)).is_empty
    assert_silence(database)
    connection = database.migrator()
    applied = int(str(scalar(connection, "select count(*) from private.sql_files where kind = 'migration'")))
    connection.close()
    for count in (1, applied - 9):
        rollback(runner(database), count)
        migrate(runner(database))
        assert_silence(database)


def test_a_deed_before_a_migration_is_not_taken_for_its_work(database: Database) -> None:
    migrator = database.migrator()
    migrator.execute("alter table public.proxy_audit_log disable trigger _100_no_delete")
    migrator.execute("alter table public.proxy_audit_log enable always trigger _100_no_delete")
    migrator.execute("update private.sql_files set sha256 = repeat('0', 64) where kind = 'object'")
    assert not migrate(runner(database)).is_empty
    assert named(migrator) == {"public.proxy_audit_log"}
    migrator.execute(UPKEEP)
    assert named(migrator) == {"public.proxy_audit_log"}, "and what it replaced is its own work"


def test_vacuum_full_of_a_log_is_said(database: Database) -> None:
    """It cannot be told from what forges entries: both write the table anew. Logs need neither."""
    superuser = database.superuser()
    superuser.execute("vacuum full private.badge_evaluation_logs_default")
    superuser.execute(UPKEEP)
    assert named(superuser) == {"private.badge_evaluation_logs_default"}


def test_a_restored_database_is_one_thing_to_say(database: Database) -> None:
    """Every object has another oid and another version, as after pg_dump and a restore."""
    superuser = database.superuser()
    month = scalar(superuser, "select to_char(now() at time zone 'utc', 'YYYY_MM')")
    superuser.execute(
        "update private.log_guard_marks set parts = (select jsonb_object_agg(key, '1' || value) "
        "from jsonb_each_text(parts))"
    )
    superuser.execute(sql.SQL("drop table private.{}").format(sql.Identifier(f"proxy_audit_log_{month}")))
    superuser.execute(UPKEEP)
    assert named(superuser) == {f"database {database.name}", f"private.proxy_audit_log_{month}"}
    assert alerts(superuser) == [("database_restored", "critical"), ("log_partition_missing", "critical")]
    superuser.execute(UPKEEP)
    assert len(alerts(superuser)) == 2


def test_a_look_that_fails_keeps_no_migration_from_its_work(database: Database) -> None:
    migrator = database.migrator()
    migrator.execute(
        "create or replace function private.watch_logs() returns void language sql as 'select 1 / 0'"
    )
    migrator.execute(
        "update private.sql_files set sha256 = repeat('0', 64) where path like '%watch_logs.sql'"
    )
    said: list[str] = []
    migrate(runner(database), report=said.append)
    assert any("could not be looked at" in words for words in said)
    assert guards.look(runner_connection(database)) is None


def runner_connection(database: Database) -> psycopg.Connection:
    return database.migrator()
