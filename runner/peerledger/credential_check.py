"""`check-credentials`: does Entra give a token, and does Dynamics take it?"""

import asyncio
from collections.abc import Callable, Sequence

from peerledger.database import Database
from peerledger.dynamics.auth import TokenError, TokenSource
from peerledger.dynamics.client import DynamicsClient, Seen, describe
from peerledger.dynamics.credentials import Account
from peerledger.dynamics.limits import limits_of
from peerledger.queries import call
from peerledger.settings import Settings
from peerledger.sync_accounts import organisations_of, require_organisations
from peerledger.sync_database import connected


def run(
    database: Database, settings: Settings, accounts: Sequence[Account], *, tell: Callable[[str], None]
) -> bool:
    known = require_organisations(database, accounts)
    seen = asyncio.run(_check(settings, accounts))
    with connected(database) as connection:
        for account, what in zip(accounts, seen, strict=True):
            ok, error_kind = verdict_of_check(what)
            whose = organisations_of(account, accounts, known)
            call(connection, "public.record_credential_check", ok, error_kind, whose)
            tell(f"{account.name}: {'Entra and Dynamics accept the credentials' if ok else describe(what)}.")
    return all(verdict_of_check(what)[0] for what in seen)


async def _check(settings: Settings, accounts: Sequence[Account]) -> list[Seen]:
    limits = limits_of(settings)

    async def one(account: Account) -> Seen:
        timeout = settings.dynamics_timeout_seconds
        tokens = TokenSource(account.credentials, timeout)
        async with DynamicsClient(account.credentials, tokens, limits, timeout) as client:
            return await check(client, tokens)

    return await asyncio.gather(*(one(account) for account in accounts))


async def check(client: DynamicsClient, tokens: TokenSource) -> Seen:
    """With a new token: the one we hold may be the one that was refused."""
    tokens.forget()
    try:
        token = await tokens.token()
    except TokenError as error:
        return Seen(None, error.kind, error.retry_after, error.remedy)
    return await client.who_am_i(token)


def verdict_of_check(seen: Seen) -> tuple[bool, str | None]:
    """As record_credential_check wants it: a status other than these says nothing of the credentials."""
    if seen.code == 200 and seen.error_kind is None:
        return True, None
    if seen.code in (401, 403):
        return False, "token_refused"
    return False, seen.error_kind or "bad_response"
