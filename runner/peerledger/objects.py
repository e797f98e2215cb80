"""The replayable SQL objects: functions, and the triggers and policies of the tables."""

from psycopg import errors as pg
from psycopg import sql

from peerledger.database import Connection, as_owner
from peerledger.errors import RunnerError, explained
from peerledger.plan import Plan, recorded_files
from peerledger.queries import ask, set_locally, text
from peerledger.sqlfiles import SqlFile, is_function, is_policy, stem

# The upkeep looks at access, too.
_GUARDS = ("sql/functions/logs/", "sql/functions/access/")
_NEW_SIGNATURE = (
    "The arguments or the result of {name} changed, and `create or replace` cannot do that. "
    "Write a migration that drops the old one: drop function {name}(…)."
)


def replay(connection: Connection, plan: Plan, everything: list[SqlFile]) -> None:
    """In the caller's transaction, as the owner role."""
    # Bodies name each other in any order.
    set_locally(connection, "search_path", "")
    set_locally(connection, "check_function_bodies", "off")
    with as_owner(connection):
        _close_tables(connection, plan.dropped)
        _drop_routines(connection, [stem(path) for path in plan.dropped if is_function(path)])
        for file in plan.replay:
            _apply(connection, file)
        functions = [file.stem for file in everything if is_function(file.path)]
        if overload := ask(connection, "overloaded_function", names=functions).fetchone():
            raise RunnerError(_NEW_SIGNATURE.format(name=overload[0]))
    ask(connection, "forget_sql_files", paths=plan.vanished)
    with connection.cursor() as cursor:
        cursor.executemany(text("record_sql_file"), [recorded(file, "object") for file in plan.replay])


def recorded(file: SqlFile, kind: str) -> dict[str, str]:
    """Its row in private.sql_files."""
    return {"path": file.path, "kind": kind, "sha256": file.sha256}


def drop_all(connection: Connection, files: list[SqlFile], keep_guards: bool) -> None:
    """Before a rollback: what hangs on tables that are about to go. In the caller's transaction.

    The guards of logs that remain stay: a log is append-only during a rollback too.
    """
    paths = sorted({*recorded_files(connection, "object"), *(file.path for file in files)})
    set_locally(connection, "search_path", "")
    _close_tables(connection, paths)
    routines = [path for path in paths if is_function(path)]
    if keep_guards:
        # By name: an older version may have recorded them in another folder.
        guards = {stem(path) for path in routines if path.startswith(_GUARDS)}
        routines = [path for path in routines if stem(path) not in guards]
    _drop_routines(connection, [stem(path) for path in routines])
    ask(connection, "forget_object_files")


def _apply(connection: Connection, file: SqlFile) -> None:
    with explained(file.path):
        try:
            connection.execute(file.text.encode())
        except pg.InvalidFunctionDefinition as error:
            raise RunnerError(f"{file.path}: {_NEW_SIGNATURE.format(name=file.stem)}") from error


def _close_tables(connection: Connection, paths: list[str]) -> None:
    names = [stem(path) for path in paths if is_policy(path)]
    for (table,) in ask(connection, "tables_to_close", names=names).fetchall():
        connection.execute("call private.close_table(%s::oid::regclass)", (table,))


def _drop_routines(connection: Connection, names: list[str]) -> None:
    routines = ask(connection, "routines_by_name", names=names).fetchall()
    if not routines:
        return
    functions = [row[1] for row in routines]
    for trigger, table in ask(connection, "triggers_of_functions", functions=functions).fetchall():
        connection.execute(sql.SQL("drop trigger {} on {}").format(sql.Identifier(trigger), sql.SQL(table)))
    # In one statement: some depend on each other.
    listed = sql.SQL(", ").join(sql.SQL(row[0]) for row in routines)
    connection.execute(sql.SQL("drop routine {}").format(listed))
