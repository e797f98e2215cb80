"""`sync`: the website sync as a process of its own, until SIGTERM or until nothing is due."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from rich.console import Console

from peerledger.database import Database
from peerledger.dynamics.credentials import Account
from peerledger.dynamics.limits import limits_of
from peerledger.errors import FAILED, RunnerError, from_database
from peerledger.settings import Settings
from peerledger.sync_accounts import require_organisations
from peerledger.website_sync import WebsiteSync, pace_of

_PATIENCE_AT_START = 30


def run(
    database: Database,
    settings: Settings,
    accounts: Sequence[Account],
    *,
    once: bool,
    is_break_glass: bool,
    tell: Callable[[str], None],
) -> int:
    """The exit code: 1 when a person should look."""
    _wait_for_database(database, accounts, 0 if once else _PATIENCE_AT_START, tell)
    try:
        sync = asyncio.run(_run(database, settings, accounts, once, is_break_glass, tell))
    except BaseExceptionGroup as group:
        known, unknown = group.split((psycopg.Error, RunnerError))
        if known is None or unknown is not None:
            raise
        error = _first_of_group(known)
        raise (from_database(error) if isinstance(error, psycopg.Error) else error) from group
    if once:
        Console(highlight=False).print(sync.summary.table())
    for line in sorted(sync.trouble):
        tell(line)
    return FAILED if once and (sync.trouble or not sync.summary.is_good) else 0


async def _run(
    database: Database,
    settings: Settings,
    accounts: Sequence[Account],
    once: bool,
    is_break_glass: bool,
    tell: Callable[[str], None],
) -> WebsiteSync:
    sync = WebsiteSync(
        database,
        accounts,
        limits=limits_of(settings),
        once=once,
        is_break_glass=is_break_glass,
        pace=pace_of(settings),
        tell=tell,
    )
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        # A second one ends us at once: the leases see to the rest.
        loop.remove_signal_handler(number)
        sync.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    await sync.run()
    return sync


def _wait_for_database(
    database: Database, accounts: Sequence[Account], seconds: float, tell: Callable[[str], None]
) -> None:
    """A worker may start while the server does. A wrong address looks the same, so not for long."""
    deadline = time.monotonic() + seconds
    told = False
    while True:
        try:
            require_organisations(database, accounts)
            return
        except RunnerError as error:
            if not isinstance(error.__cause__, psycopg.OperationalError) or time.monotonic() >= deadline:
                raise
            if not told:
                tell(f"{error.message} Trying again.")
            told = True
        time.sleep(0.5)


def _first_of_group(group: BaseExceptionGroup[Any]) -> Exception:
    first = group.exceptions[0]
    return _first_of_group(first) if isinstance(first, BaseExceptionGroup) else first
