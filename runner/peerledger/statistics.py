"""What PostgreSQL's planner knows of tables that were filled at once.

autovacuum finds out within minutes, where it is on and its counters saw the rows come. Until then a query may
read all of a table for each row of another.
"""

from collections.abc import Callable, Iterable

import psycopg
from psycopg import sql

from peerledger.database import Connection, Database
from peerledger.errors import from_database
from peerledger.queries import rows


def analyze_what_needs_it(
    database: Database, filled: Iterable[str] = (), report: Callable[[str], None] = lambda _: None
) -> None:
    """`filled`: tables that are analyzed in any case. What they were filled with is committed, and stays so
    whatever becomes of this."""
    try:
        with database.connect(autocommit=True) as connection:
            for table in dict.fromkeys([*filled, *tables_to_analyze(connection)]):
                report(f"analyze {table}")
                analyze(connection, table)
    except psycopg.Error as error:
        report(f"Not all tables could be analyzed: {from_database(error).message}")


def tables_to_analyze(connection: Connection) -> list[str]:
    return [name for name, *_ in rows(connection, "private.tables_to_analyze")]


def analyze(connection: Connection, table: str) -> None:
    """What others are working on, or this role may not analyze, is left to autovacuum."""
    connection.execute(sql.SQL("analyze (skip_locked) {}").format(sql.Identifier(*table.split("."))))
