"""Whose mentors a set of credentials serves."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from peerledger.database import Database
from peerledger.dynamics.credentials import Account
from peerledger.errors import USAGE, RunnerError
from peerledger.queries import ask
from peerledger.sync_database import connected


def require_organisations(database: Database, accounts: Sequence[Account]) -> dict[str, UUID]:
    """The organisations there are. Finds out before anything is claimed whether we may do this at all."""
    with connected(database) as connection:
        known = dict(ask(connection, "organisation_ids").fetchall())
        ask(connection, "sync_state_is_readable")
    for account in accounts:
        for slug in sorted(account.slugs or ()):
            if slug not in known:
                raise RunnerError(
                    f"The credentials file names the organisation {slug}, which does not exist.", USAGE
                )
    return known


def organisations_of(
    account: Account, accounts: Sequence[Account], known: Mapping[str, UUID]
) -> list[UUID] | None:
    """None: all that there are, whoever comes."""
    if account.slugs is not None:
        return [known[slug] for slug in sorted(account.slugs) if slug in known]
    named = {slug for each in accounts for slug in each.slugs or ()}
    return [known[slug] for slug in known if slug not in named] if named else None
