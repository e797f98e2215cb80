"""Versioned migrations first, then the replayable objects, under one lock and in one transaction.

No client ever meets new tables with old functions, and what is killed has done nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from psycopg import errors as pg
from psycopg.types.json import Jsonb

from peerledger import access, guards, objects, table_locks
from peerledger.access import Difference
from peerledger.bookkeeping import Backend, known_migrations
from peerledger.database import Connection, Database, as_owner
from peerledger.errors import LockTimeoutError, RunnerError, explained
from peerledger.plan import Plan, find_differences, is_about, make_plan, refuse_names_in_the_way
from peerledger.queries import ask, call, set_locally, text
from peerledger.sqlfiles import SqlFile, Tree, is_function, is_policy, stem
from peerledger.statistics import analyze_what_needs_it

# The advisory lock of all migrators of a database ("pled").
LOCK_KEY = 0x706C6564
_TABLE_LOCK_TIMEOUT = "10s"
# PostgREST listens, and reads tables and functions anew. Sent when the transaction commits.
_RELOAD_REST_API = "notify pgrst, 'reload schema'"
_LEFT = (
    "The database is migrated, but {count} things about access could not be put right. They take "
    "a role that may, or a person:\n{listed}"
)

# Which migration a release ends with.
_RELEASES = {"0.1.0": "0015"}

Report = Callable[[str], None]


def _silent(_: str) -> None:
    return


def migrate(
    database: Database, wait_seconds: float = 60, tree: Tree | None = None, report: Report = _silent
) -> Plan:
    """Brings the database to this code. Returns what was done; empty when there was nothing to do."""
    tree = (tree or Tree()).read_once()
    with _locked(database, wait_seconds) as connection:
        refuse_names_in_the_way(connection, tree, make_plan(connection, tree))
        with explained("the bookkeeping in schema private"), connection.transaction():
            connection.execute(tree.ledger().text.encode())
            plan = _plan(connection, tree)
        if problem := guards.look(connection):
            report(problem)
        backend = Backend(connection, tree)
        known = known_migrations(tree)
        _adopt(backend, known, plan.adopt)
        pending = list(backend.to_apply(known))
        for migration in pending:
            report(f"apply {migration.id}")
        if plan.replay or plan.vanished:
            report(f"replace {len(plan.replay)} and drop {len(plan.dropped)} SQL objects")

        def attempt(busy: str | None) -> list[Difference]:
            with explained("SQL objects"), backend.transaction():
                table_locks.bound(connection)
                if plan.access:
                    connection.execute(tree.prepare().text.encode())
                    lines = access.described(tree) or access.stored(connection)
                    access.take_ownership(connection, tree, lines)
                table_locks.lock(connection, _is_changed(plan), first=busy)
                for migration in pending:
                    with explained(f"migrations/{migration.id}.sql"):
                        backend.apply_one(migration)
                objects.replay(connection, plan, tree.objects())
                left = _bring_access_about(connection, tree, plan)
                if not plan.is_empty:
                    connection.execute(_RELOAD_REST_API)
                return left

        left = table_locks.until_free(connection, attempt, wait_seconds, report)
    # A database that was restored may have no statistics. Not in the transaction: that holds up clients.
    # A tree of an earlier version has nothing that could say so.
    if any(file.stem == "tables_to_analyze" for file in tree.objects()):
        analyze_what_needs_it(database, report=report)
    if left:
        raise RunnerError(
            _LEFT.format(count=len(left), listed="\n".join(f"- {each.message}" for each in left))
        )
    return plan


def _is_changed(plan: Plan) -> Callable[[str], bool]:
    """Whether a table is altered, or its policies or triggers are replaced."""
    files = [*(file.path for file in plan.replay), *plan.dropped]
    stems = {stem(path) for path in files if not is_function(path)}
    wrong = {difference.object.rpartition(".")[2] for difference in plan.access}
    # Triggers go with their functions.
    drops_functions = any(is_function(path) for path in plan.dropped)

    def is_changed(table: str) -> bool:
        return drops_functions or table in stems or table in wrong or is_about(plan.apply, table)

    return is_changed


def check(database: Database, tree: Tree | None = None) -> Plan:
    """What `migrate` would do; writes nothing, also on an empty database."""
    tree = (tree or Tree()).read_once()
    with database.connect() as connection:
        connection.read_only = True
        plan = _plan(connection, tree)
        refuse_names_in_the_way(connection, tree, plan)
        return plan


def prepare(database: Database, tree: Tree | None = None) -> None:
    """Makes what a dump needs before it is restored: roles, schema, and what the owner may do in it."""
    with database.connect() as connection, explained("sql/prepare.sql"):
        connection.execute((tree or Tree()).prepare().text.encode())


def _plan(connection: Connection, tree: Tree) -> Plan:
    plan = make_plan(connection, tree)
    return replace(plan, access=find_differences(connection, tree, plan))


def _bring_access_about(connection: Connection, tree: Tree, plan: Plan) -> list[Difference]:
    lines = access.described(tree) or (access.stored(connection) if plan.is_current else [])
    left = access.bring_about(connection, tree, lines)
    # Before the upkeep, which compares with it.
    access.store(connection, lines)
    set_locally(connection, "search_path", "")
    if (plan.vanished or plan.access) and not plan.replay:
        # Something of this transaction says that it was a migration.
        ask(connection, "touch_sql_files")
    has_upkeep = any(file.stem == "ensure_log_partitions" for file in tree.objects())
    if has_upkeep and not plan.is_empty:
        guards.mark(connection)
    with as_owner(connection):
        if has_upkeep:
            call(connection, "private.ensure_log_partitions")
            call(connection, "private.begin_completeness")
        if plan.access:
            _record(connection, plan.access)
    if not lines:
        # Somebody is changing the SQL files: what they make is what they say.
        access.store(connection, access.observed(connection, tree))
    return left


def _record(connection: Connection, found: list[Difference]) -> None:
    """For your information: whoever migrates has it on the screen, and that may be a machine."""
    objects_named = sorted({difference.object for difference in found})
    call(
        connection,
        "private.record_security_event",
        "access_restored",
        objects_named[0] if len(objects_named) == 1 else None,
        details=Jsonb({"differences": len(found), "objects": objects_named[:100]}),
    )
    shown = "; ".join(difference.message for difference in found[:4])
    call(
        connection,
        "private.write_alert",
        "access_restored",
        "info",
        f"migrate put access right ({len(found)} differences): {shown}"[:499],
        f"access_restored:{datetime.now(UTC):%Y-%m-%d}",
        details=Jsonb({"differences": [difference.message for difference in found[:200]]}),
    )


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
    tree = (tree or Tree()).read_once()
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
        if problem := guards.look(connection):
            report(problem)
        with explained("rollback"), backend.transaction():
            guards.forget(connection)
            objects.drop_all(connection, tree.objects(), keep_guards=count < len(applied))
            # It belongs to this code. Without one the upkeep compares nothing.
            access.forget(connection)
            set_locally(connection, "search_path", "private")
            connection.execute(_RELOAD_REST_API)
            for migration in applied[:count]:
                report(f"roll back {migration.id}")
                with explained(f"migrations/{migration.id}.rollback.sql"):
                    backend.rollback_one(migration)
        return len(applied) - count


def render(tree: Tree | None = None) -> str:
    """The whole SQL as one script for an empty database, for psql or the Supabase CLI."""
    tree = (tree or Tree()).read_once()
    parts = [
        "-- Peerledger, all of its SQL, for a database that has none of it yet. Run it as the migrating\n"
        "-- role, in one transaction. `peerledger migrate` later finds it applied.\n",
        tree.ledger().text,
        *_rendered_migrations(tree.migrations()),
        *_rendered_objects(tree),
    ]
    return "\n".join(parts)


def render_since(version: str, tree: Tree | None = None) -> str:
    """The step from an earlier release as one script, for who keeps migrations with the Supabase CLI."""
    tree = (tree or Tree()).read_once()
    migrations = tree.migrations()
    last = _RELEASES.get(version, version)
    numbers = [file.stem.split(".", 1)[0] for file in migrations]
    if last.split(".", 1)[0] not in numbers:
        known = ", ".join(sorted(_RELEASES))
        raise RunnerError(f"No release {version} is known: {known}, or a migration ({numbers[-1]}).", 2)
    position = numbers.index(last.split(".", 1)[0])
    objects_here = tree.objects()
    parts = [
        f"-- Peerledger, the step from {version} to this version. Run it as the migrating role, in one\n"
        "-- transaction. `peerledger migrate` later finds it applied.\n",
        tree.ledger().text,
        text("script_only_from")
        % {
            "version": version,
            "path": f"'{migrations[position].path}'",
            "newer": _array(file.path for file in migrations[position + 1 :]),
        },
        *_rendered_migrations(migrations[position + 1 :]),
        text("script_drop_vanished")
        % {
            "functions": _array(file.stem for file in objects_here if is_function(file.path)),
            "policies": _array(file.stem for file in objects_here if is_policy(file.path)),
        },
        text("forget_object_files"),
        *_rendered_objects(tree, text("script_drop_strange_triggers") % {}),
    ]
    return "\n".join(parts)


def _rendered_migrations(files: list[SqlFile]) -> list[str]:
    return [part for file in files for part in (_titled(file), _recorded([file], "migration"))]


def _rendered_objects(tree: Tree, before_upkeep: str = "") -> list[str]:
    files = tree.objects()
    return [
        "set role peerledger_owner;\nset check_function_bodies = off;\n",
        *(_titled(file) for file in files),
        "reset check_function_bodies;\nreset role;\n"
        + _recorded(files, "object")
        + _described(tree)
        + before_upkeep
        + text("script_after_objects"),
    ]


def _array(names: Iterable[str]) -> str:
    return "array[" + ", ".join(f"'{name}'" for name in sorted(names)) + "]::text[]"


def _titled(file: SqlFile) -> str:
    return f"-- {file.path} {'-' * max(3, 96 - len(file.path))}\n{file.text.rstrip()}\n"


def _recorded(files: list[SqlFile], kind: str) -> str:
    rows = ",\n".join(f"('{file.path}', '{kind}', '{file.sha256}')" for file in files)
    return f"insert into private.sql_files (path, kind, sha256) values\n{rows};\n"  # nosec B608


def _described(tree: Tree) -> str:
    """Without one that belongs to these files, the upkeep compares nothing until the next `migrate`."""
    made: str = text("forget_access_description")
    if lines := access.described(tree):
        rows = ",\n".join(
            "(" + ", ".join("'" + value.replace("'", "''") + "'" for value in vars(line).values()) + ")"
            for line in lines
        )
        made += f"insert into private.access_description (kind, object, aspect, value) values\n{rows};\n"  # nosec B608
    return made


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
            ask(backend.connection, "record_sql_file", **objects.recorded(wanted[migration.id], "migration"))


@contextmanager
def _locked(database: Database, wait_seconds: float) -> Iterator[Connection]:
    """One connection that holds the lock and does the work: when it is lost, both end together."""
    with database.connect(autocommit=True, statement_seconds=0) as connection:
        _set_lock_timeout(connection, f"{int(wait_seconds * 1000)}ms")
        try:
            call(connection, "pg_catalog.pg_advisory_lock", LOCK_KEY)
        except pg.LockNotAvailable as error:
            raise LockTimeoutError(_who_holds(connection, wait_seconds)) from error
        _set_lock_timeout(connection, _TABLE_LOCK_TIMEOUT)
        # The lock goes with the connection.
        yield connection


def _set_lock_timeout(connection: Connection, value: str) -> None:
    call(connection, "pg_catalog.set_config", "lock_timeout", value, False)


def _who_holds(connection: Connection, wait_seconds: float) -> str:
    holder = ask(connection, "migration_lock_holder", key=LOCK_KEY).fetchone()
    if holder is None:
        return f"Another migration ran for more than {wait_seconds:g} s and has now ended. Try again."
    pid, name, since = holder
    return (
        f"Another migration has held the lock for more than {wait_seconds:g} s: server process {pid} "
        f"({name or 'no name'}), connected since {since}. Wait for it, or if it is orphaned, "
        f"end it with: select pg_terminate_backend({pid});"
    )
