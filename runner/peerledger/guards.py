"""The marks of what protects the logs, around a migration: see private.mark_guards.

What others changed is recorded before this code changes anything, and what this code changed is
marked as its work in the same transaction. Neither keeps a migration from putting things right.
"""

from psycopg import errors as pg

from peerledger.database import Connection, Database, as_owner
from peerledger.errors import explained
from peerledger.queries import ask, call, set_locally
from peerledger.sqlfiles import SqlFile


def look(connection: Connection) -> str | None:
    """Records and alerts of what others changed since the last look. Returns what kept it from doing so."""
    if not _is_so(connection, "guards_can_be_watched"):
        return None
    try:
        with connection.transaction(), as_owner(connection):
            call(connection, "private.watch_logs")
    except pg.Error as error:
        return f"the guards of the logs could not be looked at before ({error.sqlstate})"
    return None


def mark(connection: Connection) -> None:
    """In the transaction that did the work and wrote its files into private.sql_files."""
    if _is_so(connection, "guards_can_be_marked"):
        with connection.transaction(), as_owner(connection):
            call(connection, "private.mark_guards", "migrate")


def forget(connection: Connection) -> None:
    """Before a rollback, in its transaction: the next migration takes the marks afresh."""
    if _is_so(connection, "guards_have_marks"):
        with as_owner(connection):
            ask(connection, "forget_guard_marks")


def run_as_superuser(database: Database, file: SqlFile) -> None:
    """The script refuses everybody else by itself, and what it gives a superuser it checks to the letter."""
    with (
        database.connect(autocommit=True) as connection,
        explained(file.path),
        connection.transaction(),
    ):
        set_locally(connection, "search_path", "")
        connection.execute(file.text.encode())
        # The owner of a function is a part of what is marked.
        ask(connection, "touch_sql_files")
        mark(connection)


def _is_so(connection: Connection, name: str) -> bool:
    return ask(connection, name).fetchone() == (True,)
