"""The replayable SQL objects: functions, and the triggers and policies of the tables."""

from psycopg import errors as pg
from psycopg import sql

from peerledger.database import Connection
from peerledger.errors import RunnerError, from_database
from peerledger.plan import Plan
from peerledger.sqlfiles import SqlFile, is_function, is_policy, stem

# The upkeep looks at access, too.
_GUARDS = ("sql/functions/logs/", "sql/functions/access/")
_NEW_SIGNATURE = (
    "The arguments or the result of {name} changed, and `create or replace` cannot do that. "
    "Write a migration that drops the old one: drop function {name}(…)."
)

_ROUTINES = """
select routine.oid::regprocedure::text, routine.oid
from pg_catalog.pg_proc as routine
where
    routine.proname = any(%s)
    and routine.pronamespace in (
        select oid from pg_catalog.pg_namespace where nspname in ('public', 'private')
    )
    and pg_catalog.pg_get_userbyid(routine.proowner) = 'peerledger_owner'
"""
_TRIGGERS = """
select tgname, tgrelid::regclass::text
from pg_catalog.pg_trigger
where tgfoid = any(%s) and not tgisinternal and tgparentid = 0
"""
_OVERLOADS = """
select format('%%I.%%I', nspname, proname)
from pg_catalog.pg_proc
inner join pg_catalog.pg_namespace as schema on schema.oid = pronamespace
where
    nspname in ('public', 'private')
    and proname = any(%s)
    and pg_catalog.pg_get_userbyid(proowner) = 'peerledger_owner'
    -- Of the row of one table each: computed relationships of the REST API, which must have the same name.
    and not (
        pronargs = 1
        and exists (
            select from pg_catalog.pg_class where reltype = proargtypes[0] and relkind in ('r', 'p')
        )
    )
group by nspname, proname
having count(*) > 1
order by 1
limit 1
"""


def replay(connection: Connection, plan: Plan, everything: list[SqlFile]) -> None:
    """In the caller's transaction, as the owner role."""
    connection.execute("set local search_path = ''")
    connection.execute("set local role peerledger_owner")
    # Bodies name each other in any order.
    connection.execute("set local check_function_bodies = off")
    _close_tables(connection, [path for path in plan.dropped if is_policy(path)])
    _drop_routines(connection, [stem(path) for path in plan.dropped if is_function(path)])
    for file in plan.replay:
        _apply(connection, file)
    functions = [file.stem for file in everything if is_function(file.path)]
    overload = connection.execute(_OVERLOADS, (functions,)).fetchone()
    if overload:
        raise RunnerError(_NEW_SIGNATURE.format(name=overload[0]))
    connection.execute("reset role")
    connection.execute("delete from private.sql_files where path = any(%s)", (plan.vanished,))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into private.sql_files (path, kind, sha256) values (%s, 'object', %s) "
            "on conflict (path) do update set sha256 = excluded.sha256, applied_at = now()",
            [(file.path, file.sha256) for file in plan.replay],
        )


def drop_all(connection: Connection, files: list[SqlFile], keep_guards: bool) -> None:
    """Before a rollback: what hangs on tables that are about to go. In the caller's transaction.

    The guards of logs that remain stay: a log is append-only during a rollback too.
    """
    recorded = connection.execute("select path from private.sql_files where kind = 'object'").fetchall()
    paths = sorted({row[0] for row in recorded} | {file.path for file in files})
    connection.execute("set local search_path = ''")
    _close_tables(connection, [path for path in paths if is_policy(path)])
    routines = [path for path in paths if is_function(path)]
    if keep_guards:
        # By name: an older version may have recorded them in another folder.
        guards = {stem(path) for path in routines if path.startswith(_GUARDS)}
        routines = [path for path in routines if stem(path) not in guards]
    _drop_routines(connection, [stem(path) for path in routines])
    connection.execute("delete from private.sql_files where kind = 'object'")


def _apply(connection: Connection, file: SqlFile) -> None:
    try:
        connection.execute(file.text.encode())
    except pg.InvalidFunctionDefinition as error:
        raise RunnerError(f"{file.path}: {_NEW_SIGNATURE.format(name=file.stem)}") from error
    except pg.Error as error:
        raise from_database(error, file.path) from error


def _close_tables(connection: Connection, paths: list[str]) -> None:
    present = connection.execute(
        "select from pg_catalog.pg_proc where proname = 'close_table' and pronamespace = "
        "(select oid from pg_catalog.pg_namespace where nspname = 'private')"
    ).fetchone()
    if present is None:
        return
    for path in paths:
        tables = connection.execute(
            "select oid from pg_catalog.pg_class where relname = %s and relkind in ('r', 'p') "
            "and relnamespace in "
            "(select oid from pg_catalog.pg_namespace where nspname in ('public', 'private'))",
            (stem(path),),
        ).fetchall()
        for (table,) in tables:
            connection.execute("call private.close_table(%s::oid::regclass)", (table,))


def _drop_routines(connection: Connection, names: list[str]) -> None:
    routines = connection.execute(_ROUTINES, (names,)).fetchall()
    if not routines:
        return
    # Those on a partition that go with their parent's have tgparentid set, and are not listed.
    for trigger, table in connection.execute(_TRIGGERS, ([row[1] for row in routines],)).fetchall():
        connection.execute(sql.SQL("drop trigger {} on {}").format(sql.Identifier(trigger), sql.SQL(table)))
    # In one statement: some depend on each other.
    listed = sql.SQL(", ").join(sql.SQL(row[0]) for row in routines)
    connection.execute(sql.SQL("drop routine {}").format(listed))
