"""The database's side of the website sync, over one connection that is made anew when it breaks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from peerledger.database import Connection as SimpleConnection
from peerledger.database import Database
from peerledger.errors import from_database

CHANNEL = "peerledger_hlf_sync"
_CALL_SECONDS = 60.0
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
# A server that vanished without a word is noticed in half a minute.
_KEEPALIVE = {"keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3"}

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
T = TypeVar("T")


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


class DatabaseAwayError(Exception):
    """The call may or may not have been done. Come again."""


class SyncDatabase:
    def __init__(self, conninfo: str, worker: str) -> None:
        self._conninfo = make_conninfo(conninfo, **_KEEPALIVE)
        self._worker = worker
        self._connection: Connection | None = None
        self._connected_times = 0
        self._using = asyncio.Lock()
        self._wait = _FIRST_WAIT
        self.away_since: float | None = None

    @property
    def worker(self) -> str:
        """The name under which we claim. A new one after each break: a result whose report got no answer is
        reported again, and must not be taken for one of a later claim."""
        return f"{self._worker}/{self._connected_times}"

    async def organisations(self) -> dict[str, UUID]:
        async def work(connection: Connection) -> dict[str, UUID]:
            rows = await connection.execute("select slug, id from public.organisations")
            return dict(await rows.fetchall())

        return await self._call(work)

    async def claim(
        self, batch_size: int, lease: float, ignore_pause: bool, organisations: Sequence[UUID] | None
    ) -> tuple[str, list[Claim]]:
        """With the name under which they are ours."""

        async def work(connection: Connection) -> tuple[str, list[Claim]]:
            async with connection.cursor(row_factory=class_row(Claim)) as cursor:
                await cursor.execute(
                    "select * from public.claim_hlf_sync(%s, %s, %s, %s, %s)",
                    (self.worker, batch_size, timedelta(seconds=lease), ignore_pause, _ids(organisations)),
                )
                return self.worker, await cursor.fetchall()

        return await self._call(work)

    async def extend(self, worker: str, mentors: Sequence[UUID], lease: float) -> set[UUID]:
        async def work(connection: Connection) -> set[UUID]:
            rows = await connection.execute(
                "select * from public.extend_hlf_sync_leases(%s, %s, %s)",
                (worker, list(mentors), timedelta(seconds=lease)),
            )
            return {mentor_id for (mentor_id,) in await rows.fetchall()}

        return await self._call(work)

    async def complete(self, results: Sequence[dict[str, Any]]) -> list[Verdict]:
        async def work(connection: Connection) -> list[Verdict]:
            async with connection.cursor(row_factory=class_row(Verdict)) as cursor:
                await cursor.execute("select * from public.complete_hlf_sync(%s)", (Jsonb(list(results)),))
                return await cursor.fetchall()

        return await self._call(work)

    async def stands_still(self, organisations: Sequence[UUID] | None) -> bool:
        """Are there organisations that wait for a good credential check?"""

        async def work(connection: Connection) -> bool:
            row = await connection.execute(
                """
                select exists (
                    select
                    from public.hlf_sync_pauses as pause
                    where
                        pause.reason = 'credentials_refused'
                        and (%(ids)s::uuid[] is null or pause.organisation_id = any (%(ids)s))
                )
                """,
                {"ids": _ids(organisations)},
            )
            found = await row.fetchone()
            return found is not None and bool(found[0])

        return await self._call(work)

    async def record_check(
        self, ok: bool, error_kind: str | None, organisations: Sequence[UUID] | None
    ) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(
                "select public.record_credential_check(%s, %s, %s)", (ok, error_kind, _ids(organisations))
            )

        await self._call(work)

    async def notifications(self) -> AsyncIterator[None]:
        """One item a wake-up, and one whenever we have begun to listen. Ends when the connection breaks."""
        connection = await connect(self._conninfo)
        async with connection:
            await connection.execute("listen peerledger_hlf_sync")
            yield
            async for _ in connection.notifies():
                yield

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _call(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._using:
            try:
                async with asyncio.timeout(_CALL_SECONDS):
                    if self._connection is None:
                        self._connection = await connect(self._conninfo)
                        self._connected_times += 1
                    done = await work(self._connection)
                self._wait, self.away_since = _FIRST_WAIT, None
                return done
            except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as error:
                await self._let_go()
                self.away_since = self.away_since or time.monotonic()
                raise DatabaseAwayError from error
            except asyncio.CancelledError:
                await self._let_go()
                raise

    async def _let_go(self) -> None:
        broken, self._connection = self._connection, None
        if broken is not None:
            await broken.close()

    async def pause(self) -> None:
        """Before the next try."""
        await asyncio.sleep(self._wait)
        self._wait = min(self._wait * 2, _LONGEST_WAIT)


async def connect(conninfo: str) -> Connection:
    connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
    try:
        # No more than the work needs, whoever logs in.
        await connection.execute("set role service_role")
        await connection.execute("set statement_timeout = '45s'")
    except BaseException:
        await connection.close()
        raise
    return connection


@contextmanager
def connected(database: Database) -> Iterator[SimpleConnection]:
    """For one or two calls, without asyncio."""
    with database.connect(autocommit=True) as connection:
        try:
            connection.execute("set role service_role")
            yield connection
        except psycopg.Error as error:
            raise from_database(error) from error


def _ids(organisations: Sequence[UUID] | None) -> list[UUID] | None:
    return None if organisations is None else list(organisations)
