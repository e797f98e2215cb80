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

from psycopg.errors import UndefinedFunction
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from peerledger.errors import NoConnectionError, from_database
from peerledger.logs import Log
from peerledger.notify.messages import Attempt, Message
from peerledger.notify.texts import NoTextError, compose
from peerledger.notify.transports import LONGEST_POST_SECONDS, Transport
from peerledger.queue_database import DatabaseAwayError, QueueDatabase
from peerledger.waiting import first_of

CHANNEL = "peerledger_notifications"

# Twice when a token was refused, and a token in between.
_LONGEST_SENDING = 3 * LONGEST_POST_SECONDS
# For how long, told to stop, it tries to say what was sent while the database is away.
_GOODBYE = 30.0
_log = Log("notify")


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
        self.queue = QueueDatabase(self.conninfo, CHANNEL, self._wake.set)
        self._unanswered: list[dict[str, Any]] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        listener = asyncio.create_task(self.queue.listen())
        _log.info("started", transport=self.transport.name, worker=self.worker)
        try:
            while not stop.is_set():
                try:
                    await self._work(stop)
                except DatabaseAwayError as error:
                    _log.warning("database_lost", error=error.__cause__, unanswered=len(self._unanswered))
                    await first_of(self.queue.pause(), stop.wait())
            await self._say_goodbye()
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
            await self.queue.close()
            _log.info("stopped", worker=self.worker, unanswered=len(self._unanswered))

    async def run_once(self, stop: asyncio.Event) -> None:
        """Until nothing is due any more."""
        try:
            await self._work(stop, once=True)
        except DatabaseAwayError as error:
            cause = error.__cause__
            if isinstance(cause, UndefinedFunction):
                raise from_database(cause) from cause
            raise NoConnectionError("The database stopped answering. Try again.") from cause
        finally:
            await self.queue.close()

    async def _work(self, stop: asyncio.Event, once: bool = False) -> None:
        await self._answer()
        while not stop.is_set():
            self._wake.clear()
            messages = await self._claim()
            if messages:
                self._unanswered += await self._send_all(messages, stop)
                await self._answer()
            elif not once:
                await first_of(stop.wait(), self._wake.wait(), at_most=self.poll_seconds)
            # A claim that only summed up part of what had gathered says so on the channel.
            elif not self._wake.is_set():
                return

    async def _claim(self) -> list[Message]:
        asked = (self.worker, self.batch_size, self.lease)
        rows = await self.queue.rows(dict_row, "public.claim_notifications", *asked)
        return [Message.from_row(row) for row in rows]

    async def _answer(self) -> None:
        if not self._unanswered:
            return
        results = Jsonb(self._unanswered)
        answers = await self.queue.rows(dict_row, "public.complete_notifications", results)
        self._unanswered = []
        counted = Counter(str(answer["outcome"]) for answer in answers)
        self.outcomes.update(counted)
        _log.info("answered", transport=self.transport.name, **counted)

    async def _say_goodbye(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE):
                while self._unanswered:
                    try:
                        await self._answer()
                    except DatabaseAwayError:
                        await self.queue.pause()

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
            # A fault of ours in one message must not stop the others; it is retried, and then dead-lettered.
            _log.error("sending_failed", notification_id=message.id, kind=message.kind, error=error)
            return [Attempt(error_kind="bad_response")]
