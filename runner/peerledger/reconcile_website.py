"""`reconcile website`: reads who is listed, and has queued what should be otherwise."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from rich.table import Table

from peerledger.database import Database
from peerledger.dynamics.auth import TokenError, TokenSource
from peerledger.dynamics.client import DynamicsClient, Seen, describe
from peerledger.dynamics.credentials import Account
from peerledger.dynamics.limits import limits_of
from peerledger.errors import RunnerError
from peerledger.queries import call, rows
from peerledger.screen import Console
from peerledger.settings import Settings
from peerledger.sync_accounts import organisations_of, require_organisations
from peerledger.sync_database import connected

KINDS = {
    "contacts_observed": "contacts in Dynamics",
    "in_agreement": "mentors shown correctly",
    "queued_remove": "queued for removal from the website",
    "queued_restore": "queued to be added to the website",
    "revived_dead_letters": "of those queued, dead-lettered before",
    "already_pending": "already queued",
    "not_in_dynamics": "active, but not in Dynamics",
    "no_contact_id": "active, but without a Dynamics contact",
    "unknown_contacts": "listed, but not one of our mentors",
}


def run(database: Database, settings: Settings, accounts: Sequence[Account]) -> None:
    console = Console(highlight=False)
    for account, counts in reconcile(database, settings, accounts):
        table = Table(account.name, "")
        table.columns[1].justify = "right"
        for name, text in KINDS.items():
            table.add_row(text, f"{counts[name]:,}")
        console.print(table)


def reconcile(
    database: Database, settings: Settings, accounts: Sequence[Account]
) -> list[tuple[Account, dict[str, int]]]:
    """What was found for each account. Nothing is compared with a listing that was read in part."""
    known = require_organisations(database, accounts)
    return [
        (account, reconcile_account(database, settings, account, organisations_of(account, accounts, known)))
        for account in accounts
    ]


def reconcile_account(
    database: Database, settings: Settings, account: Account, organisations: Sequence[UUID] | None
) -> dict[str, Any]:
    """`organisations`: whose website it is; None for all that there are."""
    with connected(database) as connection:
        began = call(connection, "pg_catalog.clock_timestamp")
    observed = asyncio.run(_read(settings, account))
    content = [{"dynamics_contact_id": str(contact), "listed": listed} for contact, listed in observed]
    ids = None if organisations is None else list(organisations)
    with connected(database) as connection:
        found = (Jsonb(content), ids, began)
        (counts,) = rows(connection, "public.reconcile_hlf_sync", *found, row_factory=dict_row)
    return dict(counts)


async def _read(settings: Settings, account: Account) -> list[tuple[UUID, bool]]:
    timeout = settings.dynamics_timeout_seconds
    tokens = TokenSource(account.credentials, timeout)
    async with DynamicsClient(account.credentials, tokens, limits_of(settings), timeout) as client:
        try:
            return [row async for row in client.listing()]
        except TokenError as error:
            raise RunnerError(
                f"The listing cannot be read: {describe(Seen(error_kind=error.kind))}. Nothing was compared."
            ) from None
