"""The marks of what protects the logs, around a migration: see private.mark_guards.

What others changed is recorded before this code changes anything, and what this code changed is
marked as its work in the same transaction. Neither keeps a migration from putting things right.
"""

from psycopg import errors as pg

from peerledger.database import Connection, Database
from peerledger.errors import from_database
from peerledger.sqlfiles import SqlFile

_CAN_LOOK = "select to_regprocedure('private.watch_logs()') is not null"
_HAS_MARKS = """
select count(*) > 0
from pg_catalog.pg_attribute
where attrelid = to_regclass('private.log_guard_marks') and attname = 'parts'
"""
_CAN_MARK = f"""
select
    to_regprocedure('private.mark_guards(text)') is not null
    and pg_catalog.has_table_privilege('peerledger_owner', to_regclass('private.sql_files'), 'select')
    and ({_HAS_MARKS})
"""


def look(connection: Connection) -> str | None:
    """Records and alerts of what others changed since the last look. Returns what kept it from doing so."""
    if not _is_true(connection, _CAN_LOOK):
        return None
    try:
        _as_owner(connection, "select private.watch_logs()")
    except pg.Error as error:
        return f"the guards of the logs could not be looked at before ({error.sqlstate})"
    return None


def mark(connection: Connection) -> None:
    """In the transaction that did the work and wrote its files into private.sql_files."""
    if _is_true(connection, _CAN_MARK):
        _as_owner(connection, "select private.mark_guards('migrate')")


def forget(connection: Connection) -> None:
    """Before a rollback, in its transaction: the next migration takes the marks afresh."""
    if not _is_true(connection, _HAS_MARKS):
        return
    connection.execute("set local role peerledger_owner")
    connection.execute("delete from private.log_guard_marks")
    connection.execute(
        "insert into public.security_events (event_kind, details) "
        "values ('guards_marked', jsonb_build_object("
        "'reason', 'rollback', 'objects', 0, 'marks_sha256', encode(sha256(''), 'hex')))"
    )
    connection.execute("reset role")


def run_as_superuser(database: Database, file: SqlFile) -> None:
    """The script refuses everybody else by itself, and what it gives a superuser it checks to the letter."""
    with database.connect(autocommit=True) as connection:
        try:
            with connection.transaction():
                connection.execute("set local search_path = ''")
                connection.execute(file.text.encode())
                # The owner of a function is a part of what is marked.
                connection.execute(
                    "update private.sql_files set applied_at = now() "
                    "where path = (select max(path) from private.sql_files)"
                )
                mark(connection)
        except pg.Error as error:
            raise from_database(error, file.path) from error


def _as_owner(connection: Connection, statement: str) -> None:
    with connection.transaction():
        connection.execute("set local role peerledger_owner")
        connection.execute(statement.encode())
        connection.execute("reset role")


def _is_true(connection: Connection, query: str) -> bool:
    return connection.execute(query.encode()).fetchone() == (True,)
