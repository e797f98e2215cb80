"""The attack list: every way we know to change a log or to forge an entry, as every role, on every log and
partition that is there. Found live from private.logs, so that a new log is attacked like the others."""

import io
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from conftest import Database, Target
from psycopg import errors, sql

DENIED = "42501"
CLIENTS = ("anon", "authenticated", "service_role")
STAFF = ("peerledger_owner", "superuser")

# %(t)s the table, %(c)s its time column.
CHANGES = {
    "update": "update {t} set {c} = {c}",
    "update of no row": "update {t} set {c} = {c} where false",
    "update of one column": "update {t} set id = id",
    "update only": "update only {t} set id = id",
    "delete": "delete from {t}",
    "delete of no row": "delete from {t} where false",
    "delete only": "delete from only {t}",
    "delete using": "delete from {t} using (values (1)) as x",
    "truncate": "truncate {t}",
    "truncate cascade": "truncate {t} restart identity cascade",
    "merge update": "merge into {t} as t using (select gen_random_uuid() as id) as s on t.id = s.id "
    "when matched then update set id = t.id",
    "merge delete": "merge into {t} as t using (select gen_random_uuid() as id) as s on t.id = s.id "
    "when matched then delete",
    "a change in a CTE": "with gone as (delete from {t} returning 1) select * from gone",
    "upsert": "insert into {t} select * from {t} on conflict (id, {c}) do update set id = excluded.id",
    "upsert without rows": "insert into {t} select * from {t} where false "
    "on conflict (id, {c}) do update set id = excluded.id",
    "an update through a view": "create temporary view v as select * from {t}; update v set id = id",
    "a delete through a view": "create temporary view v as select * from {t}; delete from v",
    "a delete in a DO block": "do $$ begin delete from {t}; end $$",
    "a delete through a function of one's own": "create function pg_temp.f() returns void language sql "
    "as 'delete from {t}'; select pg_temp.f()",
    "a cursor's row": "declare c cursor for select * from {t} for update; fetch c; "
    "delete from {t} where current of c",
}
LOCKS = {
    "select for update": "select * from {t} for update",
    "lock": "lock table {t} in access exclusive mode",
}
DDL = {
    "drop": "drop table {t}",
    "add a column": "alter table {t} add column x int",
    "drop a check": "alter table {t} drop constraint if exists error_message_is_short",
    "disable a trigger": "alter table {t} disable trigger all",
    "disable the policies": "alter table {t} disable row level security",
    "no force": "alter table {t} no force row level security",
    "a policy of one's own": "create policy mine on {t} using (true)",
    "a rule": "create rule r as on delete to {t} do instead nothing",
    "a trigger of one's own": "create trigger t before insert on {t} for each row "
    "execute function suppress_redundant_updates_trigger()",
    "a new owner": "alter table {t} owner to {role}",
    "rename": "alter table {t} rename to gone",
    "another schema": "alter table {t} set schema pg_temp",
    "a foreign key": "create temporary table child (id uuid, at timestamptz, "
    "foreign key (id, at) references {t} (id, {c}))",
    "comment": "comment on table {t} is 'x'",
    "replica": "set session_replication_role = replica",
}


@pytest.fixture(scope="module")
def attacked(target: Target) -> Iterator[str]:
    """One clone for all: a refused attack leaves nothing."""
    database = Database(target, f"attack_{uuid.uuid4().hex}")
    target.server.clone_database(target.template, database.name)
    superuser = database.superuser()
    superuser.execute("select tests.make_two_organisations()")
    superuser.execute("select tests.make_log_entry('olga')")
    superuser.execute("select private.record_security_event('mentor_forgotten')")
    # Without the loopback: hundreds of attempts, and what is asked here is whether they are refused.
    superuser.execute("drop extension if exists dblink")
    database.close()
    yield database.name
    target.server.drop_database(database.name)


@pytest.fixture
def quiet(target: Target, attacked: str) -> Iterator[Database]:
    database = Database(target, attacked)
    yield database
    database.close()


def log_tables(database: Database) -> list[tuple[str, str, bool]]:
    return [
        (str(row[0]), str(row[1]), bool(row[2]))
        for row in database.superuser()
        .execute(
            "select log_table::regclass::text, quote_ident(time_column), is_partition from tests.log_tables"
        )
        .fetchall()
    ]


def connect(database: Database, role: str) -> psycopg.Connection:
    if role in CLIENTS:
        return database.connect_as(role, uuid.uuid4())
    connection = database.superuser()
    if role != "superuser":
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    return connection


def outcome(connection: psycopg.Connection, statement: str) -> str:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except errors.Error as error:
        return error.sqlstate or "?"
    return "done"


def attack(database: Database, role: str, statements: dict[str, str]) -> dict[str, str]:
    connection, tables = connect(database, role), log_tables(database)
    found = {}
    for name, template in statements.items():
        for table, column, _ in tables:
            result = outcome(connection, template.format(t=table, c=column, role=role))
            if result != DENIED:
                found[f"{name}: {table}"] = result
    return found


@pytest.mark.parametrize("role", [*CLIENTS, *STAFF])
def test_nobody_changes_an_entry(quiet: Database, role: str) -> None:
    found = attack(quiet, role, CHANGES)
    # A cursor that sees no row (the owner's, on a partition by itself) has none to change.
    assert {name: code for name, code in found.items() if code != "24000"} == {}


@pytest.mark.parametrize("role", CLIENTS)
def test_no_client_locks_or_alters_a_log(quiet: Database, role: str) -> None:
    # "for update" needs the privilege to update.
    found = attack(quiet, role, LOCKS | DDL)
    # A temporary table may not refer to a lasting one, whoever makes it.
    assert {name: code for name, code in found.items() if code != "42P16"} == {}


@pytest.mark.parametrize("role", STAFF)
def test_replica_sessions_change_nothing(quiet: Database, role: str) -> None:
    superuser = quiet.superuser()
    superuser.execute("set session_replication_role = replica")
    if role != "superuser":
        superuser.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    for table, column, _ in log_tables(quiet):
        for name in ("update", "delete", "truncate", "merge delete"):
            assert outcome(superuser, CHANGES[name].format(t=table, c=column)) == DENIED, (name, table)


@pytest.mark.parametrize("role", CLIENTS)
def test_no_client_touches_a_partition_by_name(quiet: Database, role: str) -> None:
    connection = connect(quiet, role)
    for table, _, is_partition in log_tables(quiet):
        if is_partition:
            for statement in ("select from {t}", "insert into {t} default values", "copy {t} to stdout"):
                assert outcome(connection, statement.format(t=table)) == DENIED, (statement, table)


@pytest.mark.parametrize("role", ["anon", "authenticated"])
@pytest.mark.parametrize("user", ["nina", "olga", "stranger"])
def test_no_user_adds_an_entry(quiet: Database, role: str, user: str) -> None:
    """By INSERT or COPY. A log that users may add to has a column grant, and is tested where that is made."""
    row = quiet.superuser().execute("select tests.id('user', %s)", (user,)).fetchone()
    assert row is not None
    connection = quiet.connect_as(role, row[0])
    open_to_users = {
        str(name)
        for (name,) in quiet.superuser()
        .execute(
            "select log_name from private.logs "
            "where has_table_privilege('authenticated', format('public.%I', log_name), 'insert')"
        )
        .fetchall()
    }
    for table, _, _ in log_tables(quiet):
        if table.removeprefix("public.") in open_to_users:
            continue
        assert outcome(connection, f"insert into {table} default values") == DENIED
        with (
            pytest.raises(errors.InsufficientPrivilege),
            connection.cursor().copy(f"copy {table} from stdin".encode()),
        ):
            pass


def test_the_service_role_copies_in_through_the_log_only(quiet: Database) -> None:
    connection = connect(quiet, "service_role")
    for table, _, is_partition in log_tables(quiet):
        if is_partition:
            with (
                pytest.raises(errors.InsufficientPrivilege),
                connection.cursor().copy(f"copy {table} from stdin".encode()),
            ):
                pass


def test_a_superuser_cannot_forge_what_the_guards_record(quiet: Database) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        quiet.superuser().execute(
            "insert into public.security_events (event_kind) values ('log_change_refused')"
        )


def test_no_foreign_key_leads_into_or_out_of_a_log(quiet: Database) -> None:
    """So no cascade can: checked for what is declared, then by deleting every parent."""
    superuser = quiet.superuser()
    keys = superuser.execute(
        "select conname from pg_constraint where contype = 'f' "
        "and (conrelid in (select log_table from tests.log_tables) "
        "or confrelid in (select log_table from tests.log_tables))"
    ).fetchall()
    assert keys == []
    before = entries(quiet)
    with superuser.transaction(force_rollback=True):
        superuser.execute("set local session_replication_role = replica")
        parents = superuser.execute(
            "select format('%I.%I', relnamespace::regnamespace, relname) from pg_class "
            "where relnamespace in ('public'::regnamespace, 'private'::regnamespace) "
            "and relkind in ('r', 'p') "
            "and oid not in (select log_table from tests.log_tables) "
            "and relowner = 'peerledger_owner'::regrole "
            # These are guarded as logs are.
            "and relname <> 'logs' and relname not like 'seal%' and relname not in ('activity_baseline', 'completeness_baseline')"
        ).fetchall()
        assert len(parents) > 10
        for (parent,) in parents:
            superuser.execute(f"delete from {parent}".encode())
        superuser.execute("set local session_replication_role = origin")
        assert entries(quiet, superuser) == before
    with superuser.transaction(force_rollback=True):
        for (parent,) in parents:
            if parent != "private.logs":
                try:
                    with superuser.transaction():
                        superuser.execute(f"truncate {parent} cascade".encode())
                except errors.Error as error:
                    assert error.sqlstate in (DENIED, "PL005"), parent  # noqa: PT017
        assert entries(quiet, superuser) == before


@pytest.mark.parametrize("months", ["2199-02-01", None])
def test_a_new_partition_is_created_locked_down(quiet: Database, months: str | None) -> None:
    """With Supabase's default privileges in place, which give everything to everybody in public."""
    superuser = quiet.superuser()
    with superuser.transaction(force_rollback=True):
        superuser.execute(
            "alter default privileges for role peerledger_owner in schema private "
            "grant all on tables to anon, authenticated, service_role"
        )
        superuser.execute("set local role peerledger_owner")
        for (log,) in superuser.execute("select log_name from private.logs").fetchall():
            if months:
                superuser.execute("call private.create_log_partition(%s, %s::date)", (log, months))
        superuser.execute("reset role")
        assert superuser.execute("select * from private.log_guards() where problem <> ''").fetchall() == []


@pytest.mark.parametrize("role", CLIENTS)
def test_shadowing_names_do_not_mislead_definer_functions(quiet: Database, role: str) -> None:
    """Temp tables and functions with our names, before everything else in the search path."""
    connection = connect(quiet, role)
    with connection.transaction(force_rollback=True):
        connection.execute(
            """
            create temporary table organisations (id uuid, organisation_id uuid);
            create temporary table coordinator_assignments (
                organisation_id uuid, user_id uuid, chapter_id uuid
            );
            create temporary table peer_mentors (id uuid, organisation_id uuid, user_id uuid);
            create temporary table logs (log_name text, time_column text);
            create temporary table pg_class (oid oid, relname text);
            create temporary table pg_roles (rolname text, rolsuper boolean);
            create function pg_temp.now() returns timestamptz language sql as 'select null::timestamptz';
            create function pg_temp.sha256(bytea) returns bytea language sql as 'select null::bytea';
            create function pg_temp.caller_id() returns uuid language sql as 'select gen_random_uuid()';
            """
        )
        connection.execute("select set_config('search_path', 'pg_temp, pg_catalog', true)")
        row = quiet.superuser().execute("select tests.id('mentor', 'olga')").fetchone()
        assert row is not None
        code = outcome(connection, f"select public.forget_mentor('{row[0]}')")
        assert code == {"anon": DENIED, "authenticated": "PT404", "service_role": "done"}[role]
        seen = outcome(connection, "insert into public.security_events (event_kind) values ('log_archived')")
        assert seen == DENIED


def test_definer_functions_find_our_tables_first(quiet: Database) -> None:
    """Every definer pins its path with pg_temp last; the catalog test holds all to it. Tried on one here."""
    connection = quiet.connect_as("authenticated", uuid.uuid4())
    connection.execute("create temporary table pg_proc as select 1 as x")
    connection.execute("create temporary table coordinator_assignments (organisation_id uuid, user_id uuid)")
    connection.execute("grant all on coordinator_assignments, pg_proc to public")
    connection.execute(
        "insert into coordinator_assignments select gen_random_uuid(), "
        "(current_setting('request.jwt.claims')::jsonb ->> 'sub')::uuid"
    )
    connection.execute("set search_path = pg_temp, public")
    assert connection.execute("select private.my_organisation_ids()").fetchall() == []
    assert connection.execute("select from public.badge_evaluation_logs").fetchall() == []


def entries(database: Database, connection: psycopg.Connection | None = None) -> list[tuple[object, ...]]:
    connection = connection or database.superuser()
    found = []
    for (log,) in connection.execute("select log_name from private.logs order by 1").fetchall():
        found += connection.execute(
            sql.SQL("select {}, tests.fingerprint({}::regclass)").format(
                sql.Literal(log), sql.Literal(f"public.{log}")
            )
        ).fetchall()
    return found


def test_copying_out_and_in_only_adds(quiet: Database) -> None:
    """A superuser's COPY FROM adds, as an INSERT does; a row that is there already is refused."""
    superuser = quiet.superuser()
    out = io.BytesIO()
    with superuser.cursor().copy("copy (select * from public.badge_evaluation_logs) to stdout") as copy:
        for block in copy:
            out.write(bytes(block))
    assert out.getvalue()
    with (
        pytest.raises(errors.UniqueViolation),
        superuser.cursor().copy("copy public.badge_evaluation_logs from stdin") as copy,
    ):
        copy.write(out.getvalue())
