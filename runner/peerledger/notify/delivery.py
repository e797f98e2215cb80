"""The loop: claim, compose, send, answer. Which message is due and what an answer means, SQL decides.

    await Delivery(database.conninfo, transport).run(stop)

It runs until `stop` is set, finishes what is on its way, and gives the rest back. A lost database is waited
for; what was sent meanwhile is answered for when it is back, so that it is not sent again.
"""

import asyncio
import contextlib
import os
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from peerledger.logs import Log
from peerledger.notify.messages import Attempt, Message
from peerledger.notify.texts import NoTextError, compose
from peerledger.notify.transports import LONGEST_POST_SECONDS, Transport
from peerledger.waiting import first_of

CHANNEL = "peerledger_notifications"

_CLAIM = "select * from public.claim_notifications(%s, %s, %s)"
_COMPLETE = "select id, outcome from public.complete_notifications(%s)"
_LONGEST_PAUSE = 30.0
# Twice when a token was refused, and a token in between.
_LONGEST_SENDING = 3 * LONGEST_POST_SECONDS
# A server that vanished without a word is noticed within a minute.
_KEEPALIVES: dict[str, Any] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_log = Log("notify")

_Connection = psycopg.AsyncConnection[dict[str, Any]]


@dataclass
class Delivery:
    conninfo: str = field(repr=False)
    transport: Transport
    poll_seconds: float = 15
    batch_size: int = 50
    at_once: int = 8
    lease: timedelta = timedelta(minutes=5)
    worker: str = field(default_factory=lambda: f"notify-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    """No host name: recipients can see who holds their messages."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """How many messages came to what, for whoever counts."""

    def __post_init__(self) -> None:
        self._wake = asyncio.Event()
        self._unanswered: list[dict[str, Any]] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        listener = asyncio.create_task(self._listen())
        _log.info("started", transport=self.transport.name, worker=self.worker)
        pause = 0.5
        try:
            while True:
                try:
                    async with await self._connect() as connection:
                        pause = 0.5
                        await self._work(connection, stop)
                # Not only a lost line: a migration may have taken away, for a moment, what we call.
                except psycopg.Error as error:
                    _log.warning("database_lost", error=error, unanswered=len(self._unanswered))
                    if stop.is_set():
                        # It still tries for a while to say what was sent.
                        if not self._unanswered or pause >= _LONGEST_PAUSE:
                            return
                        await asyncio.sleep(pause)
                    else:
                        await first_of(stop.wait(), at_most=pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                else:
                    return
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
            _log.info("stopped", worker=self.worker, unanswered=len(self._unanswered))

    async def run_once(self, stop: asyncio.Event) -> None:
        """Until nothing is due any more."""
        async with await self._connect() as connection:
            # A claim that only summed up part of what had gathered says so on the channel.
            connection.add_notify_handler(lambda _: self._wake.set())
            await connection.execute(f"listen {CHANNEL}".encode())
            await self._work(connection, stop, once=True)

    async def _connect(self) -> _Connection:
        return await psycopg.AsyncConnection.connect(
            self.conninfo, autocommit=True, row_factory=dict_row, **_KEEPALIVES
        )

    async def _work(self, connection: _Connection, stop: asyncio.Event, once: bool = False) -> None:
        await self._answer(connection)
        while not stop.is_set():
            self._wake.clear()
            messages = await self._claim(connection)
            if messages:
                self._unanswered += await self._send_all(messages, stop)
                await self._answer(connection)
            elif not once:
                await first_of(stop.wait(), self._wake.wait(), at_most=self.poll_seconds)
            elif not self._wake.is_set():
                return

    async def _claim(self, connection: _Connection) -> list[Message]:
        cursor = await connection.execute(_CLAIM, (self.worker, self.batch_size, self.lease))
        return [Message.from_row(row) for row in await cursor.fetchall()]

    async def _answer(self, connection: _Connection) -> None:
        if not self._unanswered:
            return
        cursor = await connection.execute(_COMPLETE, (Jsonb(self._unanswered),))
        answers = await cursor.fetchall()
        self._unanswered = []
        counted = Counter(str(answer["outcome"]) for answer in answers)
        self.outcomes.update(counted)
        _log.info("answered", transport=self.transport.name, **counted)

    async def _send_all(self, messages: list[Message], stop: asyncio.Event) -> list[dict[str, Any]]:
        """The answers for all of them; those not begun in time, or after `stop`, are given back."""
        # By our own clock, which may differ from the database's.
        last_start = time.monotonic() + self.lease.total_seconds() - _LONGEST_SENDING
        free = asyncio.Semaphore(self.at_once)

        async def one(message: Message) -> list[Attempt]:
            async with free:
                if stop.is_set() or time.monotonic() > last_start:
                    return [Attempt(error_kind="not_sent")]
                return await self._send(message)

        sent = await asyncio.gather(*(one(message) for message in messages))
        return [
            attempt.as_result(message, self.worker)
            for message, attempts in zip(messages, sent, strict=True)
            for attempt in attempts
        ]

    async def _send(self, message: Message) -> list[Attempt]:
        try:
            return await self.transport.send(message, compose(message))
        except NoTextError as error:
            _log.error("no_text", notification_id=message.id, kind=message.kind, error=error.__cause__)
            return [Attempt(error_kind="no_text")]
        except Exception as error:
            # A fault of ours in one message must not stop the others; it is retried, and then buried.
            _log.error("sending_failed", notification_id=message.id, kind=message.kind, error=error)
            return [Attempt(error_kind="bad_response")]

    async def _listen(self) -> None:
        """Wakes the loop when something is written. Without it there is still the poll."""
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(f"listen {CHANNEL}".encode())
                    # Something may have come before we listened.
                    self._wake.set()
                    async for _ in connection.notifies():
                        self._wake.set()
            except psycopg.Error:
                await asyncio.sleep(self.poll_seconds)
