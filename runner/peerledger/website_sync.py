"""`sync`: brings the website to what the database wants. The database decides; this sends and reports.

One lane for each set of credentials: it claims mentors, its senders make one request for each, the reporter
writes back what they saw, the heartbeat keeps the leases. A lane that holds no token claims a single mentor,
whose attempt finds out whether there is one: so each entry of the log is one real attempt.
"""

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Any
from uuid import UUID

from psycopg.errors import UndefinedFunction
from rich.table import Table

from peerledger.credential_check import check, verdict_of_check
from peerledger.database import Database
from peerledger.dynamics.auth import TokenError, TokenSource
from peerledger.dynamics.client import DynamicsClient, Seen, describe, seconds_to_wait
from peerledger.dynamics.credentials import Account
from peerledger.dynamics.limits import RequestLimits
from peerledger.errors import RunnerError
from peerledger.queue_database import DatabaseAwayError
from peerledger.settings import Settings
from peerledger.sync_accounts import organisations_of
from peerledger.sync_database import Claim, SyncDatabase, Verdict
from peerledger.waiting import first_of

_OUTAGE_CODES = frozenset({408, 429, 500, 502, 503, 504})
_MOST_IN_A_REPORT = 500
NOT_SENT = Seen(error_kind="not_sent")
_OUTAGE_KINDS = frozenset({"timeout", "connection", "bad_response", "token_unavailable"})


@dataclass(frozen=True)
class Pace:
    """Seconds and numbers that tests make smaller."""

    lease: float = 120
    request: float = 30
    poll: float = 5
    report: float = 0.2
    report_size: int = 100
    first_check: float = 10
    longest_check: float = 600
    # So many failures as an outage makes them, with nothing else between: it is one.
    outage_after: int = 52
    first_probe: float = 1
    longest_probe: float = 60
    # What a Retry-After may ask of us all.
    longest_asked: float = 300
    goodbye: float = 30


@dataclass
class Summary:
    """What the database said of what was reported."""

    removed: int = 0
    restored: int = 0
    to_be_retried: int = 0
    given_up: int = 0
    refused: int = 0
    given_back: int = 0

    def count(self, claim: Claim, seen: Seen, verdict: Verdict) -> None:
        if seen.error_kind == "not_sent":
            self.given_back += 1
        elif not verdict.accepted:
            self.refused += 1
        elif verdict.state == "dead_lettered":
            self.given_up += 1
        elif seen.code != 204:
            self.to_be_retried += 1
        elif claim.operation == "remove":
            self.removed += 1
        else:
            self.restored += 1

    @property
    def is_good(self) -> bool:
        return not (self.to_be_retried or self.given_up)

    def table(self) -> Table:
        table = Table("website sync", "mentors")
        table.columns[1].justify = "right"
        for name, count in (
            ("removed from the website", self.removed),
            ("added to the website", self.restored),
            ("failed, to be retried", self.to_be_retried),
            ("dead-lettered", self.given_up),
            ("too late: another worker took over", self.refused),
            ("returned unsent", self.given_back),
        ):
            table.add_row(name, f"{count:,}")
        return table


class Gate(Enum):
    OPEN = auto()
    REFUSED = auto()
    """The credentials were refused: nothing is sent until a check was good."""
    AWAY = auto()
    """Dynamics or Entra is away: one mentor now and then tries, and the others keep their attempts."""


@dataclass
class _Held:
    claim: Claim
    worker: str
    organisations: list[UUID] | None
    """Whose credentials these are, for the pause that a refusal brings."""
    epoch: int
    deadline: float
    """Until when it is surely ours, of the monotonic clock."""


class Lane:
    """The mentors of the organisations that share credentials."""

    def __init__(self, sync: "WebsiteSync", account: Account) -> None:
        self.sync = sync
        self.account = account
        self.tokens = TokenSource(account.credentials, sync.pace.request)
        self.client = DynamicsClient(account.credentials, self.tokens, sync.limits, sync.pace.request)
        self.held: dict[UUID, _Held] = {}
        self.wake = asyncio.Event()
        self._queue: deque[_Held] = deque()
        self._queued = asyncio.Event()
        self._changed = asyncio.Event()
        self._in_flight = 0
        self._asking_for_token = asyncio.Lock()
        self._gate = Gate.OPEN
        # Rises when the gate closes: what was claimed before is not sent any more.
        self._epoch = 0
        self._failures = 0
        self._probe_wait = sync.pace.first_probe
        self._probe_at = 0.0
        self._is_paused = False
        self._check_wait = sync.pace.first_check
        self._check_at = 0.0
        self._checks = 0

    # Claiming. --------------------------------------------------------------------------------------

    async def run(self) -> None:
        while not self.sync.stopping.is_set():
            try:
                if await self._round():
                    return
            except DatabaseAwayError as error:
                await self.sync.lost_database(error)

    async def _round(self) -> bool:
        """Claim once, or wait for a reason to. True when there is nothing more to do."""
        self.wake.clear()
        if self._gate is not Gate.OPEN and self.held:
            await self._something_happens()
            return False
        organisations = await self._organisations()
        if await self._must_wait(organisations):
            return self.sync.once
        if self._gate is Gate.AWAY:
            if self.sync.once:
                return True
            if (wait := self._probe_at - time.monotonic()) > 0:
                await self.sync.rest(wait)
                return False
        room = self._room()
        if room > 0 and await self._claim(room, organisations):
            return False
        if self.sync.once and not self.held:
            return True
        await self._something_happens()
        return False

    async def _claim(self, room: int, organisations: list[UUID] | None) -> bool:
        began = time.monotonic()
        pace = self.sync.pace
        worker, claims = await self.sync.database.claim(
            room, pace.lease, self.sync.is_break_glass, organisations
        )
        # With other credentials than the usual ones, a refusal says nothing of those.
        whose = [] if self.sync.is_break_glass else organisations
        for claim in claims:
            held = _Held(claim, worker, whose, self._epoch, began + pace.lease)
            self.held[claim.mentor_id] = held
            self._queue.append(held)
        self._queued.set()
        return bool(claims)

    def _room(self) -> int:
        """Few at a time, so that a removal that comes now is not behind hundreds of restores."""
        if self._gate is Gate.AWAY or not self.tokens.holds_one:
            return 0 if self.held else 1
        most = 2 * self.sync.limits.in_flight
        room = most - len(self.held)
        return room if room >= most // 4 else 0

    async def _organisations(self) -> list[UUID] | None:
        """None: all that there are."""
        if len(self.sync.accounts) == 1 and self.account.slugs is None:
            return None
        # Each time anew: a new organisation is served without a restart.
        known = await self.sync.database.organisations()
        return organisations_of(self.account, self.sync.accounts, known)

    async def _something_happens(self) -> None:
        self._changed.clear()
        await first_of(
            self._changed.wait(), self.wake.wait(), self.sync.stopping.wait(), at_most=self.sync.pace.poll
        )

    # Refused credentials. ---------------------------------------------------------------------------

    async def _must_wait(self, organisations: list[UUID] | None) -> bool:
        """Refused, by us or by another worker, and not yet accepted since. Makes a check when it is time."""
        if self.sync.is_break_glass:
            if self._gate is Gate.REFUSED:
                self.sync.trouble.add(f"{self.account.name}: Entra or Dynamics refuses these credentials.")
            return self._gate is Gate.REFUSED
        if not await self.sync.database.is_paused(organisations):
            if self._gate is Gate.REFUSED:
                self._gate = Gate.OPEN
            self._is_paused = False
            return False
        if not self._is_paused:
            self._is_paused = True
            # Just refused: not again at once. Found so: perhaps it has been mended since.
            refused_now = self._gate is Gate.REFUSED and not self.sync.once
            self._check_at = time.monotonic() + (self._check_wait if refused_now else 0)
            if not self.sync.once:
                self._say("the sync is paused until Dynamics accepts the credentials.")
        if self.sync.once and self._checks:
            self.sync.trouble.add(
                f"{self.account.name}: the sync is paused. Run: peerledger check-credentials"
            )
            return True
        if (wait := self._check_at - time.monotonic()) > 0:
            # Somebody else's check may be good before ours.
            await self.sync.rest(min(wait, self.sync.pace.poll))
            return True
        self._checks += 1
        seen = await check(self.client, self.tokens)
        await self.sync.database.record_check(*verdict_of_check(seen), organisations)
        if seen.code == 200 and seen.error_kind is None:
            self._gate, self._is_paused = Gate.OPEN, False
            self._say("Dynamics accepts the credentials; the sync resumes.")
            return False
        if self.sync.once:
            self.sync.trouble.add(f"{self.account.name}: {describe(seen)}. Nothing was sent.")
            return True
        self._say(f"{describe(seen)}.")
        self._check_at = time.monotonic() + self._check_wait
        self._check_wait = min(self._check_wait * 2, self.sync.pace.longest_check)
        return True

    def _say(self, words: str) -> None:
        self.sync.tell(f"{self.account.name}: {words}")

    # Sending. ---------------------------------------------------------------------------------------

    async def send(self) -> None:
        """One of the senders, for as long as the lane lives."""
        while True:
            while not self._queue:
                self._queued.clear()
                await self._queued.wait()
            async with self.sync.limits.request():
                if not self._queue:
                    continue
                held = self._queue.popleft()
                self._in_flight += 1
                seen = await self._attempt(held)
            self._in_flight -= 1
            self.sync.reporter.add(self, held, seen)

    async def _attempt(self, held: _Held) -> Seen:
        # One after the other: when there is no token one attempt finds out, and not all of them.
        async with self._asking_for_token:
            if not self._may_send(held):
                return NOT_SENT
            try:
                token = await self.tokens.token()
            except TokenError as error:
                seen = Seen(None, error.kind, error.retry_after, error.remedy)
                self._learn(held, seen)
                return seen
        if not self._may_send(held):
            return NOT_SENT
        seen = await self.client.set_listed(
            held.claim.dynamics_contact_id, held.claim.operation == "restore", token
        )
        if seen.code == 401:
            self.tokens.forget(token)
        self._learn(held, seen)
        return seen

    def _may_send(self, held: _Held) -> bool:
        """Not when the gate has closed since, nor when somebody else could take the mentor over meanwhile."""
        in_time = time.monotonic() + self.sync.pace.request + 1 < held.deadline
        return held.epoch == self._epoch and in_time and not self.sync.stopping.is_set()

    def _learn(self, held: _Held, seen: Seen) -> None:
        """What an attempt says of the next ones. What it means for its mentor is the database's business."""
        if seen.code == 401 or seen.error_kind == "token_refused":
            self._close(Gate.REFUSED)
        elif seen.code in _OUTAGE_CODES or seen.error_kind in _OUTAGE_KINDS:
            self._failures += 1
            no_token = seen.error_kind == "token_unavailable"
            if no_token or (self._failures >= self.sync.pace.outage_after and not self.sync.once):
                asked = min(seconds_to_wait(seen.retry_after), self.sync.pace.longest_asked)
                self._probe_at = max(self._probe_at, time.monotonic() + max(self._probe_wait, asked))
                if held.epoch == self._epoch:
                    self._probe_wait = min(self._probe_wait * 2, self.sync.pace.longest_probe)
                    self._close(Gate.AWAY)
                if self.sync.once:
                    self.sync.trouble.add(f"{self.account.name}: {describe(seen)}.")
        else:
            self._failures = 0
            self._probe_wait = self.sync.pace.first_probe
            if self._gate is Gate.AWAY:
                self._gate = Gate.OPEN
            if seen.code == 204:
                self._check_wait = self.sync.pace.first_check

    def _close(self, gate: Gate) -> None:
        if self._gate is not Gate.REFUSED:
            self._gate = gate
        self._epoch += 1
        self.give_back()

    def give_back(self) -> None:
        """Unsent, so that another may have them: that is no attempt."""
        while self._queue:
            self.sync.reporter.add(self, self._queue.popleft(), NOT_SENT)

    # Holding. ---------------------------------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        return bool(self._in_flight or self._queue)

    def reported(self, held: _Held) -> None:
        if self.held.get(held.claim.mentor_id) is held:
            del self.held[held.claim.mentor_id]
        self._changed.set()

    async def extend_leases(self) -> None:
        by_worker: dict[str, list[_Held]] = {}
        for held in self.held.values():
            by_worker.setdefault(held.worker, []).append(held)
        for worker, group in by_worker.items():
            began = time.monotonic()
            mentors = [held.claim.mentor_id for held in group]
            ours = await self.sync.database.extend(worker, mentors, self.sync.pace.lease)
            for held in group:
                # A deadline in the past: it is not sent any more, and its report is refused.
                is_ours = held.claim.mentor_id in ours
                held.deadline = began + self.sync.pace.lease if is_ours else 0


class Reporter:
    """Writes back what was seen, many at once. What cannot be written yet is kept."""

    def __init__(self, sync: "WebsiteSync") -> None:
        self._sync = sync
        self._waiting: deque[tuple[Lane, _Held, Seen]] = deque()
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        self._closing = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, lane: Lane, held: _Held, seen: Seen) -> None:
        self._waiting.append((lane, held, seen))
        self._arrived.set()
        if len(self._waiting) >= self._sync.pace.report_size:
            self._enough.set()

    def close(self) -> None:
        """Nothing more will come: `run` ends when all is written."""
        self._closing = True
        self._arrived.set()
        self._enough.set()

    async def run(self) -> None:
        while self._waiting or not self._closing:
            await self._arrived.wait()
            await first_of(self._enough.wait(), at_most=self._sync.pace.report)
            try:
                await self._write()
            except DatabaseAwayError:
                await self._sync.database.pause()
            if not self._waiting and not self._closing:
                self._arrived.clear()
                self._enough.clear()

    async def _write(self) -> None:
        batch = list(islice(self._waiting, _MOST_IN_A_REPORT))
        if not batch:
            return
        verdicts = await self._sync.database.complete([_result(held, seen) for _, held, seen in batch])
        for (lane, held, seen), verdict in zip(batch, verdicts, strict=True):
            self._waiting.popleft()
            lane.reported(held)
            self._sync.summary.count(held.claim, seen, verdict)


class WebsiteSync:
    def __init__(
        self,
        database: Database,
        accounts: Sequence[Account],
        *,
        limits: RequestLimits,
        once: bool = False,
        is_break_glass: bool = False,
        pace: Pace | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.pace = pace or Pace()
        self.limits = limits
        self.once = once
        self.is_break_glass = is_break_glass
        self.tell = tell
        self.summary = Summary()
        self.trouble: set[str] = set()
        self.stopping = asyncio.Event()
        name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.database = SyncDatabase(database.conninfo, name, self._wake)
        self.reporter = Reporter(self)
        self.accounts = accounts
        self.lanes = [Lane(self, account) for account in accounts]
        self._told_of: float | None = None

    async def run(self, stop: asyncio.Event | None = None) -> Summary:
        """Until told to stop, or with `once` until nothing is due."""
        self.stopping = stop or self.stopping
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.database.close)
            for lane in self.lanes:
                await stack.enter_async_context(lane.client)
            async with asyncio.TaskGroup() as group:
                background = [group.create_task(self.database.listen()), group.create_task(self._heartbeat())]
                for lane in self.lanes:
                    background += [group.create_task(lane.send()) for _ in range(self.limits.in_flight)]
                reporting = group.create_task(self.reporter.run())
                await asyncio.gather(*(lane.run() for lane in self.lanes))
                await self._come_home(reporting)
                for task in background:
                    task.cancel()
        return self.summary

    async def _come_home(self, reporting: "asyncio.Task[None]") -> None:
        """Nothing new; what is on its way arrives and is written down."""
        for lane in self.lanes:
            lane.give_back()
        while any(lane.is_busy for lane in self.lanes):
            await asyncio.sleep(0.01)
        self.reporter.close()
        try:
            async with asyncio.timeout(self.pace.goodbye):
                await reporting
        except TimeoutError:
            self.trouble.add(
                f"The database is unavailable: {len(self.reporter):,} results could not be written back. "
                "Their mentors are retried when the leases expire."
            )

    async def lost_database(self, error: DatabaseAwayError) -> None:
        # A worker waits for the end of a migration; a person is told that there was none.
        if self.once and isinstance(error.__cause__, UndefinedFunction):
            raise error.__cause__
        since = self.database.away_since
        if since is not None and self._told_of != since:
            self._told_of = since
            self.tell("The database is unavailable; retrying.")
        if self.once and since is not None and time.monotonic() - since > self.pace.goodbye:
            raise RunnerError("The database is unavailable.")
        await first_of(self.database.pause(), self.stopping.wait())

    async def rest(self, seconds: float) -> None:
        await first_of(self.stopping.wait(), at_most=seconds)

    def _wake(self) -> None:
        for lane in self.lanes:
            lane.wake.set()

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(self.pace.lease / 4)
            with contextlib.suppress(DatabaseAwayError):
                for lane in self.lanes:
                    await lane.extend_leases()


def _result(held: _Held, seen: Seen) -> dict[str, Any]:
    return {
        "mentor_id": str(held.claim.mentor_id),
        "desired_version": held.claim.desired_version,
        "worker": held.worker,
        "dynamics_response_code": seen.code,
        "error_kind": seen.error_kind,
        "retry_after": seen.retry_after,
        "credential_organisations": (
            None if held.organisations is None else [str(each) for each in held.organisations]
        ),
    }


# The command. ---------------------------------------------------------------------------------------


def pace_of(settings: Settings) -> Pace:
    return Pace(
        request=settings.dynamics_timeout_seconds,
        # A request must be able to end within it, with time to spare.
        lease=max(settings.sync_lease_seconds, 3 * settings.dynamics_timeout_seconds),
    )
