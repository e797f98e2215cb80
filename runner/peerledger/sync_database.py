"""The calls of the website sync."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, scalar_row, tuple_row
from psycopg.types.json import Jsonb

from peerledger.database import Connection as SimpleConnection
from peerledger.database import Database
from peerledger.errors import explained
from peerledger.queries import calling, text
from peerledger.queue_database import Connection, QueueDatabase

CHANNEL = "peerledger_hlf_sync"


@dataclass(frozen=True)
class Claim:
    mentor_id: UUID
    organisation_id: UUID
    operation: str
    desired_version: int
    attempts: int
    dynamics_contact_id: UUID
    lease_expires_at: Any


@dataclass(frozen=True)
class Verdict:
    mentor_id: UUID
    accepted: bool
    state: str | None
    next_attempt_at: Any
    reason: str | None
    outcome: str
    """success, retry, dead_letter, pause, give_back or refused."""


class SyncDatabase(QueueDatabase):
    def __init__(self, conninfo: str, worker: str, wake: Callable[[], None] = lambda: None) -> None:
        super().__init__(conninfo, CHANNEL, wake)
        self._worker = worker

    @property
    def worker(self) -> str:
        """The name under which we claim. A new one after each break: a result whose report got no answer is
        reported again, and must not be taken for one of a later claim."""
        return f"{self._worker}/{self.connected_times}"

    async def organisations(self) -> dict[str, UUID]:
        return dict(await self.fetch(tuple_row, text("organisation_ids")))

    async def claim(
        self, batch_size: int, lease: float, ignore_pause: bool, organisations: Sequence[UUID] | None
    ) -> tuple[str, list[Claim]]:
        """With the name under which they are ours."""

        async def work(connection: Connection) -> tuple[str, list[Claim]]:
            async with connection.cursor(row_factory=class_row(Claim)) as cursor:
                asked = (self.worker, batch_size, timedelta(seconds=lease), ignore_pause, _ids(organisations))
                await cursor.execute(calling("public.claim_hlf_sync", len(asked)), asked)
                return self.worker, await cursor.fetchall()

        return await self.call(work)

    async def extend(self, worker: str, mentors: Sequence[UUID], lease: float) -> set[UUID]:
        asked = (worker, list(mentors), timedelta(seconds=lease))
        return set(await self.rows(scalar_row, "public.extend_hlf_sync_leases", *asked))

    async def complete(self, results: Sequence[dict[str, Any]]) -> list[Verdict]:
        return await self.rows(class_row(Verdict), "public.complete_hlf_sync", Jsonb(list(results)))

    async def is_paused(self, organisations: Sequence[UUID] | None) -> bool:
        """Are there organisations that wait for a good credential check?"""
        (found,) = await self.fetch(scalar_row, text("sync_is_paused"), organisations=_ids(organisations))
        return bool(found)

    async def record_check(
        self, ok: bool, error_kind: str | None, organisations: Sequence[UUID] | None
    ) -> None:
        asked = (ok, error_kind, _ids(organisations))
        await self.rows(scalar_row, "public.record_credential_check", *asked)


@contextmanager
def connected(database: Database) -> Iterator[SimpleConnection]:
    """For one or two calls, without asyncio."""
    with database.connect(autocommit=True) as connection, explained():
        connection.execute("set role service_role")
        yield connection


def _ids(organisations: Sequence[UUID] | None) -> list[UUID] | None:
    return None if organisations is None else list(organisations)
