"""`sync`: the website sync as a process of its own, until SIGTERM or until nothing is due."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from peerledger.database import Database
from peerledger.dynamics.credentials import Account
from peerledger.dynamics.limits import limits_of
from peerledger.errors import FAILED, RunnerError, from_database
from peerledger.screen import Console
from peerledger.settings import Settings
from peerledger.sync_accounts import require_organisations
from peerledger.waiting import on_signal
from peerledger.website_sync import WebsiteSync, pace_of


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
    if not once:
        database.wait(settings.start_wait_seconds, tell)
    require_organisations(database, accounts)
    sync = WebsiteSync(
        database,
        accounts,
        limits=limits_of(settings),
        once=once,
        is_break_glass=is_break_glass,
        pace=pace_of(settings),
        tell=tell,
    )

    async def work() -> None:
        on_signal(sync.stopping.set)
        await sync.run()

    try:
        asyncio.run(work())
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


def _first_of_group(group: BaseExceptionGroup[Any]) -> Exception:
    first = group.exceptions[0]
    return _first_of_group(first) if isinstance(first, BaseExceptionGroup) else first
