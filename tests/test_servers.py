"""The test servers are what they claim to be: tests that pass on a wrong stand-in prove nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from servers import TARGETS, Server, container_server, engine_error, pgtap_sql

USER_ID = "6f1b1b0a-3c1e-4c55-9a55-0f4d7f3a2b11"
on_supabase = pytest.mark.parametrize(
    "server", [target for target in TARGETS if target.startswith("supabase")], indirect=True, scope="module"
)
API_ROLES = ("anon", "authenticated", "service_role")
ALL_ON_TABLES = {"DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"}


@pytest.fixture(scope="module", params=TARGETS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if reason := engine_error():
        pytest.skip(reason)
    with container_server(request.param) as running:
        yield running


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    server.create_empty_database("fresh")
    yield "fresh"
    server.drop_database("fresh")


@pytest.fixture
def migrator(server: Server, database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.dsn(server.migrator_dsn, database), autocommit=True) as connection:
        yield connection


def scalar(connection: psycopg.Connection, query: bytes) -> object:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def privileges(connection: psycopg.Connection, role: str) -> set[str]:
    rows = connection.execute(
        "select privilege_type from information_schema.role_table_grants"
        " where table_name = 'logbook' and grantee = %s",
        (role,),
    )
    return {str(privilege) for (privilege,) in rows}


def test_the_version_is_the_one_asked_for(server: Server, migrator: psycopg.Connection) -> None:
    assert migrator.info.server_version // 10000 == server.version
    assert scalar(migrator, b"show server_encoding") == "UTF8"


def test_only_the_plain_migrator_is_a_superuser(server: Server, migrator: psycopg.Connection) -> None:
    attributes = migrator.execute(
        "select rolsuper, rolcreaterole, rolbypassrls from pg_roles where rolname = current_user"
    ).fetchone()
    assert attributes == (not server.is_supabase, True, True)


def test_the_migrator_can_make_roles_and_schemas(migrator: psycopg.Connection) -> None:
    migrator.execute("create role keeper nologin")
    migrator.execute("create schema private")
    migrator.execute("drop role keeper")


def test_the_login_is_as_weak_as_a_client(server: Server, database: str) -> None:
    with psycopg.connect(server.dsn(server.login_dsn, database)) as connection:
        attributes = connection.execute(
            "select rolsuper, rolbypassrls, rolinherit from pg_roles where rolname = current_user"
        ).fetchone()
    assert attributes == (False, False, False)


def test_api_roles_exist_on_supabase_only(server: Server, migrator: psycopg.Connection) -> None:
    found = {row[0] for row in migrator.execute("select rolname from pg_roles")} & set(API_ROLES)
    assert found == (set(API_ROLES) if server.is_supabase else set())


def test_pgtap_and_dblink_are_at_hand(server: Server, database: str) -> None:
    with psycopg.connect(server.dsn(server.superuser_dsn, database)) as connection:
        connection.execute("create schema if not exists extensions")
        connection.execute("create extension if not exists pgtap schema extensions")
        connection.execute("create extension dblink")
        connection.execute("set search_path = extensions, public")
        assert scalar(connection, b"select plan(1)") == "1..1"
        assert scalar(connection, b"select pass('it runs')") == "ok 1 - it runs"


def test_pgtap_can_be_loaded_where_it_is_not_installed(server: Server, migrator: psycopg.Connection) -> None:
    migrator.execute("create schema tap")
    migrator.execute("set search_path = tap, public")
    migrator.execute(pgtap_sql(server).encode())
    assert scalar(migrator, b"select tap.plan(1)") == "1..1"
    assert scalar(migrator, b"select tap.has_schema('tap')") == "ok 1 - Schema tap should exist"


def test_local_time_zones_are_known(migrator: psycopg.Connection) -> None:
    migrator.execute("set time zone 'Europe/Oslo'")


@on_supabase
def test_supabase_grants_everything_on_new_tables(server: Server, migrator: psycopg.Connection) -> None:
    migrator.execute("create table logbook (id int)")
    for role in API_ROLES:
        assert privileges(migrator, role) >= ALL_ON_TABLES
    migrator.execute("create function greet() returns text language sql as $$ select 'hi' $$")
    migrator.execute("revoke execute on function greet() from public")
    assert scalar(migrator, b"select has_function_privilege('anon', 'greet()', 'execute')")


@on_supabase
def test_default_privileges_survive_cloning(
    server: Server, migrator: psycopg.Connection, database: str
) -> None:
    migrator.execute("create schema marker")
    migrator.close()
    server.clone_database(database, "copy")
    with psycopg.connect(server.dsn(server.migrator_dsn, "copy")) as copy:
        copy.execute("create table marker.unrelated (id int)")
        copy.execute("create table logbook (id int)")
        assert privileges(copy, "anon") >= ALL_ON_TABLES
        assert (
            scalar(copy, b"select datdba::regrole::text from pg_database where datname = 'copy'")
            == "postgres"
        )
    server.drop_database("copy")


@on_supabase
def test_claims_reach_the_auth_functions(server: Server, database: str) -> None:
    claims = f'{{"sub": "{USER_ID}", "role": "authenticated"}}'
    with psycopg.connect(server.dsn(server.login_dsn, database)) as connection:
        for role in API_ROLES:
            connection.execute(f"set role {role}".encode())
            connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
            assert scalar(connection, b"select auth.uid()::text") == USER_ID
            assert scalar(connection, b"select auth.role()") == "authenticated"
            assert scalar(connection, b"select auth.jwt() ->> 'sub'") == USER_ID
            connection.execute("set request.jwt.claims = ''")
            assert scalar(connection, b"select auth.uid()") is None


@on_supabase
@pytest.mark.parametrize(
    "statement",
    [
        b"create function auth.mine() returns int language sql return 1",
        b"create or replace function auth.uid() returns uuid language sql return null::uuid",
        b"alter role postgres superuser",
        b"alter default privileges for role supabase_admin in schema public revoke all on tables from anon",
        b"set role supabase_auth_admin",
        b"create extension file_fdw",
    ],
)
def test_the_supabase_migrator_may_not(
    server: Server, migrator: psycopg.Connection, statement: bytes
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        migrator.execute(statement)


@on_supabase
def test_the_supabase_migrator_may_refer_to_users_and_act_as_the_api_roles(
    server: Server, migrator: psycopg.Connection
) -> None:
    migrator.execute("create table logbook (user_id uuid references auth.users)")
    migrator.execute("create role visitor nologin")
    migrator.execute("grant anon to visitor")
    for role in API_ROLES:
        migrator.execute(f"set role {role}".encode())
        migrator.execute("reset role")
    migrator.execute("drop role visitor")


@on_supabase
def test_api_requests_are_cut_short(server: Server, migrator: psycopg.Connection, database: str) -> None:
    settings: dict[str, list[str]] = dict(migrator.execute("select rolname, rolconfig from pg_roles"))
    assert settings["anon"] == ["statement_timeout=3s"]
    assert settings["authenticated"] == ["statement_timeout=8s"]
    with psycopg.connect(server.dsn(server.login_dsn, database)) as connection:
        assert scalar(connection, b"show statement_timeout") == "8s"


@on_supabase
def test_granting_usage_on_auth_only_warns(server: Server, migrator: psycopg.Connection) -> None:
    warnings: list[str | None] = []
    migrator.add_notice_handler(lambda notice: warnings.append(notice.sqlstate))
    migrator.execute("create role visitor nologin")
    migrator.execute("grant usage on schema auth to visitor")
    assert warnings == ["01007"]
    migrator.execute("drop role visitor")


@on_supabase
def test_dblink_to_loopback_needs_a_superuser_on_supabase(
    server: Server, migrator: psycopg.Connection
) -> None:
    migrator.execute("create extension dblink schema extensions")
    with pytest.raises(psycopg.Error) as refused:
        migrator.execute("select dblink_connect('host=127.0.0.1 dbname=fresh')")
    assert refused.value.sqlstate == "2F003"


@on_supabase
def test_the_supabase_migrator_may_use_pg_cron_but_not_forge_jobs(server: Server) -> None:
    with psycopg.connect(server.migrator_dsn) as connection:
        connection.execute("select cron.schedule('nightly', '0 2 * * *', 'select 1')")
        assert scalar(connection, b"select count(*) from cron.job") == 1
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute("update cron.job set username = 'supabase_admin'")
        connection.rollback()


def test_a_second_run_of_pytest_leaves_the_embedded_server_alone(own_server: str, tmp_path: Path) -> None:
    """It closes the folder of all runs to everybody but the user that pytest runs as."""
    other = tmp_path / "test_other.py"
    other.write_text("def test_takes_a_folder(tmp_path): pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    result = subprocess.run([*command, str(other)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    with psycopg.connect(own_server, autocommit=True) as connection:
        # By the whole path, as whoever starts or stops a server comes to its data.
        query = "select pg_read_file(current_setting('data_directory') || '/PG_VERSION')"
        assert connection.execute(query).fetchone() == ("18\n",)
