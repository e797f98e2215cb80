"""Versioned migrations first, then the replayable objects, under one lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

from peerledger import objects
from peerledger.bookkeeping import Backend, known_migrations
from peerledger.database import Connection, Database
from peerledger.errors import LockTimeoutError, RunnerError, from_database
from peerledger.plan import Plan, make_plan
from peerledger.sqlfiles import SqlFile, Tree

# The advisory lock of all migrators of a database ("pled").
LOCK_KEY = 0x706C6564
_TABLE_LOCK_TIMEOUT = "10s"
# PostgREST listens, and reads tables and functions anew. Sent when the transaction commits.
_RELOAD_REST_API = "notify pgrst, 'reload schema'"

_HOLDER = """
select activity.pid, activity.application_name, to_char(activity.backend_start, 'YYYY-MM-DD HH24:MI:SS OF')
from pg_catalog.pg_locks as held
inner join pg_catalog.pg_stat_activity as activity on activity.pid = held.pid
where
    held.locktype = 'advisory' and held.granted and held.classid = 0 and held.objid = %s and held.objsubid = 1
    and held.database = (select oid from pg_catalog.pg_database where datname = current_database())
"""

Report = Callable[[str], None]


def _silent(_: str) -> None:
    return


def migrate(
    database: Database, wait_seconds: float = 60, tree: Tree | None = None, report: Report = _silent
) -> Plan:
    """Brings the database to this code. Returns what was done; empty when there was nothing to do."""
    tree = tree or Tree()
    with _locked(database, wait_seconds) as connection:
        connection.execute(tree.ledger().text.encode())
        plan = make_plan(connection, tree)
        backend = Backend(connection, tree)
        known = known_migrations(tree)
        _adopt(backend, known, plan.adopt)
        for migration in backend.to_apply(known):
            report(f"apply {migration.id}")
            with _explained(f"migrations/{migration.id}.sql"):
                backend.apply_one(migration)
        if plan.replay or plan.vanished:
            report(f"replace {len(plan.replay)} and drop {len(plan.dropped)} SQL objects")
        with _explained("SQL objects"), connection.transaction():
            objects.replay(connection, plan, tree.objects())
            if not plan.is_empty:
                connection.execute(_RELOAD_REST_API)
        return plan


def check(database: Database, tree: Tree | None = None) -> Plan:
    """What `migrate` would do; writes nothing, also on an empty database."""
    with database.connect() as connection:
        connection.read_only = True
        return make_plan(connection, tree or Tree())


def rollback(
    database: Database,
    count: int,
    wait_seconds: float = 60,
    tree: Tree | None = None,
    report: Report = _silent,
) -> int:
    """Takes back the last migrations, all or none. Returns how many are left.

    The objects go first, all of them: they belong to this code and not to the older tables.
    """
    tree = tree or Tree()
    with _locked(database, wait_seconds) as connection:
        connection.execute(tree.ledger().text.encode())
        plan = make_plan(connection, tree)
        backend = Backend(connection, tree)
        known = known_migrations(tree)
        _adopt(backend, known, plan.adopt)
        applied = list(backend.to_rollback(known))
        if count > len(applied):
            raise RunnerError(
                f"Only {len(applied)} migrations are applied; {count} cannot be rolled back.", 2
            )
        with _explained("rollback"), backend.transaction():
            objects.drop_all(connection, tree.objects(), keep_guards=count < len(applied))
            connection.execute("set local search_path = private")
            connection.execute(_RELOAD_REST_API)
            for migration in applied[:count]:
                report(f"roll back {migration.id}")
                with _explained(f"migrations/{migration.id}.rollback.sql"):
                    backend.rollback_one(migration)
        return len(applied) - count


def render(tree: Tree | None = None) -> str:
    """The whole SQL as one script for an empty database, for psql or the Supabase CLI."""
    tree = tree or Tree()
    parts = [
        "-- Peerledger, all of its SQL, for a database that has none of it yet. Run it as the migrating\n"
        "-- role, in one transaction. `peerledger migrate` later finds it applied.\n",
        tree.ledger().text,
    ]
    for file in tree.migrations():
        parts += [_titled(file), _recorded([file], "migration")]
    parts.append("set role peerledger_owner;\nset check_function_bodies = off;\n")
    files = tree.objects()
    parts += [_titled(file) for file in files]
    parts.append(
        "select private.ensure_log_partitions();\nreset check_function_bodies;\nreset role;\n"
        + _recorded(files, "object")
        + f"{_RELOAD_REST_API};\n"
    )
    return "\n".join(parts)


def _titled(file: SqlFile) -> str:
    return f"-- {file.path} {'-' * max(3, 96 - len(file.path))}\n{file.text.rstrip()}\n"


def _recorded(files: list[SqlFile], kind: str) -> str:
    rows = ",\n".join(f"('{file.path}', '{kind}', '{file.sha256}')" for file in files)
    return f"insert into private.sql_files (path, kind, sha256) values\n{rows};\n"


def _adopt(backend: Backend, known: object, files: list[SqlFile]) -> None:
    wanted = {file.stem: file for file in files}
    backend.ensure_internal_schema_updated()
    hashes = set(backend.get_applied_migration_hashes())
    with backend.transaction():
        for migration in known:  # type: ignore[attr-defined]
            if migration.id not in wanted:
                continue
            if migration.hash not in hashes:
                backend.mark_one(migration)
            backend.connection.execute(
                "insert into private.sql_files (path, kind, sha256) values (%s, 'migration', %s) "
                "on conflict (path) do nothing",
                (wanted[migration.id].path, wanted[migration.id].sha256),
            )


@contextmanager
def _locked(database: Database, wait_seconds: float) -> Iterator[Connection]:
    """One connection that holds the lock and does the work: when it is lost, both end together."""
    with database.connect(autocommit=True) as connection:
        connection.execute("set statement_timeout = 0")
        _set_lock_timeout(connection, f"{int(wait_seconds * 1000)}ms")
        try:
            connection.execute("select pg_catalog.pg_advisory_lock(%s)", (LOCK_KEY,))
        except pg.LockNotAvailable as error:
            raise LockTimeoutError(_who_holds(connection, wait_seconds)) from error
        _set_lock_timeout(connection, _TABLE_LOCK_TIMEOUT)
        # The lock goes with the connection.
        yield connection


def _set_lock_timeout(connection: Connection, value: str) -> None:
    connection.execute("select pg_catalog.set_config('lock_timeout', %s, false)", (value,))


def _who_holds(connection: Connection, wait_seconds: float) -> str:
    holder = connection.execute(_HOLDER, (LOCK_KEY,)).fetchone()
    if holder is None:
        return f"Another migration ran for more than {wait_seconds:g} s. It has ended now; try again."
    pid, name, since = holder
    return (
        f"Another migration has held the lock for more than {wait_seconds:g} s: server process {pid} "
        f"({name or 'no name'}), connected since {since}. Wait for it, or, if nobody is behind it any more, "
        f"end it with: select pg_terminate_backend({pid});"
    )


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise from_database(error, doing) from error
