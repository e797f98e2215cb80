"""The database's side of a queue: one connection, made anew when it breaks, and no call without an end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import errors as pg
from psycopg.rows import AsyncRowFactory

from peerledger.database import session_settings, with_keepalives
from peerledger.queries import calling, text

# How long the server may take for a call, and after how long we stop waiting for it.
_STATEMENT_SECONDS = 40.0
_CALL_SECONDS = 50.0
# An answer that is late for so long is a reason to look.
_LATE_SECONDS = 20.0
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
# That pass by themselves: no connection, no answer, a server that is read-only since its disk is full, or a
# migration that has taken away, for a moment, what we call.
_PASSING = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    pg.ReadOnlySqlTransaction,
    pg.UndefinedFunction,
    TimeoutError,
)

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
T = TypeVar("T")
Row = TypeVar("Row")


class DatabaseAwayError(Exception):
    """The call may or may not have been done. Come again."""


class QueueDatabase:
    def __init__(self, conninfo: str, channel: str, wake: Callable[[], None]) -> None:
        """`wake` is called when something may be due, as the channel says."""
        self._conninfo = with_keepalives(conninfo)
        self._channel = channel
        self._wake = wake
        self._connection: Connection | None = None
        self._using = asyncio.Lock()
        self._wait = _FIRST_WAIT
        self._waiting_since: float | None = None
        self.connected_times = 0
        self.away_since: float | None = None

    @property
    def problem(self) -> str | None:
        """What is wrong with the connection that does the work; another one might well be answered."""
        if self.away_since is not None:
            return f"no answer for {time.monotonic() - self.away_since:.0f} s"
        if self._waiting_since is not None and time.monotonic() - self._waiting_since > _LATE_SECONDS:
            return f"a call has waited for {time.monotonic() - self._waiting_since:.0f} s"
        return None

    async def call(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._using:
            self._waiting_since = time.monotonic()
            try:
                async with asyncio.timeout(_CALL_SECONDS):
                    if self._connection is None:
                        self._connection = await self._connect()
                        # What our own calls announce is heard with their answers.
                        self._connection.add_notify_handler(lambda _: self._wake())
                        self.connected_times += 1
                    done = await work(self._connection)
                self._wait, self.away_since = _FIRST_WAIT, None
                return done
            except _PASSING as error:
                await self._let_go()
                self.away_since = self.away_since or time.monotonic()
                raise DatabaseAwayError from error
            except asyncio.CancelledError:
                await self._let_go()
                raise
            finally:
                self._waiting_since = None

    async def rows(
        self, row_factory: AsyncRowFactory[Row], function: LiteralString, *values: object
    ) -> list[Row]:
        """The rows that a function of the database returns."""
        return await self.fetch(row_factory, calling(function, len(values)), *values)

    async def fetch(
        self, row_factory: AsyncRowFactory[Row], query: LiteralString, *values: object, **named: object
    ) -> list[Row]:
        """The rows of one statement."""

        async def work(connection: Connection) -> list[Row]:
            async with connection.cursor(row_factory=row_factory) as cursor:
                await cursor.execute(query, values or named or None)
                return await cursor.fetchall()

        return await self.call(work)

    async def listen(self) -> None:
        """Wakes until cancelled. Without it there is still the poll."""
        while True:
            try:
                async for _ in self._wake_ups():
                    self._wake()
            except psycopg.Error:
                pass
            await asyncio.sleep(1)

    async def pause(self) -> None:
        """Before the next try."""
        await asyncio.sleep(self._wait)
        self._wait = min(self._wait * 2, _LONGEST_WAIT)

    async def close(self) -> None:
        await self._let_go()

    async def _wake_ups(self) -> AsyncIterator[None]:
        """One whenever we have begun to listen, since something may have come before."""
        async with await self._connect() as connection:
            yield
            async for _ in connection.notifies():
                yield

    async def _connect(self) -> Connection:
        connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        try:
            # No more than the work needs, whoever logs in.
            await connection.execute("set role service_role")
            settings = session_settings(_STATEMENT_SECONDS, transaction_seconds=_CALL_SECONDS)
            await connection.execute(text("session_settings"), {"wanted": settings})
            await connection.execute(f"listen {self._channel}".encode())
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _let_go(self) -> None:
        broken, self._connection = self._connection, None
        if broken is not None:
            await broken.close()
