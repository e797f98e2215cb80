"""The locks of a migration, taken before anything is changed, so that clients never meet it halfway.

All tables at once that change, in one short transaction after another until there is a moment in which nobody
has any of them. While it waits for the first table it holds nothing; for the others it waits less than the
server's deadlock_timeout in all. So no client is ever chosen as the victim of a deadlock with it, and none
waits for long behind a session that sits idle in a transaction.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import errors as pg
from psycopg import sql

from peerledger.database import Connection, as_owner
from peerledger.errors import LockTimeoutError, RunnerError
from peerledger.queries import ask, set_locally

# Longer than deadlock_timeout (1 s), after which autovacuum makes way for whoever waits, and well within the
# 8 seconds of clients, also on a machine with too much to do.
_FIRST_MILLISECONDS = 2_000
# For all others together, one of these at random. Whoever has one of them is done in a moment, or waits for
# the first and will not be: then another attempt soon is worth more than patience. So much shorter than
# deadlock_timeout that they are shorter on a machine with too much to do as well.
_OTHERS_MILLISECONDS = (30, 30, 100, 300)
# For what is locked later, which is hardly anything: the tables are had by then.
_LATER_MILLISECONDS = 500
# Seconds between two attempts, the shortest and the longest: where somebody sits on the first table, and
# where clients crossed us, who come and go and lock the tables in orders of their own.
_PAUSES_OCCUPIED = (0.2, 2.0)
_PAUSES_CROSSED = (0.1, 0.3)
_BUSY = (pg.LockNotAvailable, pg.DeadlockDetected)
T = TypeVar("T")


class TableBusyError(Exception):
    """Somebody has this table."""

    def __init__(self, table: str, is_first: bool) -> None:
        super().__init__(table)
        self.table = table
        self.is_first = is_first


def bound(connection: Connection) -> None:
    """In the caller's transaction: waits for no lock for long."""
    set_locally(connection, "lock_timeout", _LATER_MILLISECONDS)


def lock(connection: Connection, is_changed: Callable[[str], bool], first: str | None) -> None:
    """In the caller's transaction: the tables that change; `first` is the one that was busy last."""
    found = ask(connection, "our_tables").fetchall()
    tables = [table for name, table in found if is_changed(name)]
    if not tables:
        return
    if first in tables:
        tables.remove(first)
        tables.insert(0, first)
    since = None
    others = random.choice(_OTHERS_MILLISECONDS)
    with as_owner(connection):
        for table in tables:
            left = _FIRST_MILLISECONDS
            if since is not None:
                left = max(1, round(others - 1000 * (time.monotonic() - since)))
            # Both: a table with many partitions is many locks.
            limits = f"set local lock_timeout = {left}; set local statement_timeout = {left}"
            connection.execute(limits.encode())
            try:
                connection.execute(sql.SQL("lock table {} in access exclusive mode").format(sql.SQL(table)))
            except (*_BUSY, pg.QueryCanceled) as error:
                raise TableBusyError(table, is_first=since is None) from error
            since = since or time.monotonic()
        set_locally(connection, "statement_timeout", 0)
        bound(connection)


def until_free(
    connection: Connection,
    attempt: Callable[[str | None], T],
    wait_seconds: float,
    report: Callable[[str], None],
) -> T:
    """Makes the attempt, which is one transaction, again as long as somebody has what it needs."""
    deadline = time.monotonic() + wait_seconds
    busy: str | None = None
    told: set[str] = set()
    pauses = _PAUSES_OCCUPIED
    pause = pauses[0]
    while True:
        try:
            return attempt(busy)
        except (TableBusyError, RunnerError, psycopg.Error) as error:
            if not isinstance(error, TableBusyError) and not isinstance(error.__cause__ or error, _BUSY):
                raise
            if isinstance(error, TableBusyError):
                busy = error.table
                pauses = _PAUSES_OCCUPIED if error.is_first else _PAUSES_CROSSED
            holders = _holders(connection, busy)
            if busy and busy not in told:
                told.add(busy)
                report(f"waiting for {busy}. {holders}".strip())
            if time.monotonic() >= deadline:
                raise LockTimeoutError(
                    f"{busy or 'A table'} was not free for {wait_seconds:g} s; nothing was changed. {holders}"
                    "End their transactions, or try again at a quieter time."
                ) from error
        # In between everybody goes on.
        pause = max(pauses[0], min(pause, pauses[1]))
        time.sleep(pause * random.uniform(0.5, 1))
        pause *= 1.5


def _holders(connection: Connection, table: str | None) -> str:
    rows = ask(connection, "table_holders", table=table).fetchall() if table else []
    return f"In use by {'; '.join(row[0] for row in rows)}. " if rows else ""
