"""`worker`: website sync, notifications, the nightly work and alerts in one process, until SIGTERM.

Each part by itself: one that crashes is started again after a while, with an alert, and the others go on.
What is wrong with the settings is said before anything starts.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_clock
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString
from zoneinfo import ZoneInfo

import psycopg

from peerledger import heartbeat, logs, metrics, nightly
from peerledger.cautions import cautions
from peerledger.database import Database
from peerledger.errors import RunnerError
from peerledger.logs import Log
from peerledger.notify.delivery import Delivery
from peerledger.notify.transports import make_transport
from peerledger.plan import require_migrated
from peerledger.queries import call
from peerledger.queue_database import QueueDatabase
from peerledger.settings import Settings
from peerledger.waiting import first_of, on_signal

if TYPE_CHECKING:
    from peerledger.dynamics.credentials import Account

PARTS = ("sync", "notifications", "seal", "nightly", "alerts")
_log = Log("worker")


@dataclass(frozen=True)
class Pace:
    """Seconds that tests make smaller."""

    first_restart: float = 1
    longest_restart: float = 300
    # Having run for so long, a part begins anew with the shortest wait.
    sound: float = 600
    first_retry: float = 60
    longest_retry: float = 900
    # How often to see what time it is: a machine that slept wakes up in the middle of a wait.
    look: float = 300
    # For how long, told to stop, a step of the night or a seal may go on: within the unit's TimeoutStopSec.
    longest_stop: float = 75
    # No call of ours takes as long: one that does has lost its answer.
    longest_answer: float = 600


@dataclass
class Worker:
    database: Database
    settings: Settings
    accounts: "Sequence[Account]" = ()
    parts: Sequence[str] = PARTS
    pace: Pace = field(default_factory=Pace)
    seal_to: Path | None = None
    """Where each checkpoint goes, too."""
    states: dict[str, str] = field(default_factory=dict)
    """running, or failed while it waits to be started again."""
    queues: dict[str, QueueDatabase] = field(default_factory=dict)
    """The connections over which parts work, for /ready."""

    def __post_init__(self) -> None:
        self.stop = asyncio.Event()

    async def run(self) -> None:
        works: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "sync": self._sync,
            "notifications": self._notifications,
            "seal": self._seal,
            "nightly": self._nightly,
            "alerts": self._alerts,
        }
        async with metrics.served(
            str(self.settings.metrics_host),
            self.settings.metrics_port,
            self.database,
            self.states,
            self._problems,
        ):
            _log.info("started", parts=", ".join(self.parts))
            ending = asyncio.create_task(self._end_in_time())
            try:
                await asyncio.gather(*(self._keep(name, works[name]) for name in self.parts))
            finally:
                ending.cancel()
        _log.info("stopped")

    async def _end_in_time(self) -> None:
        """A stop always ends: what threads still wait for after a while is rolled back."""
        await self.stop.wait()
        await asyncio.sleep(self.pace.longest_stop)
        _log.warning("calls_ended", after_seconds=self.pace.longest_stop)
        self.database.call_off()

    def _problems(self) -> list[str]:
        """What is wrong with the connections that do the work."""
        found = [f"{name}: {problem}" for name, queue in self.queues.items() if (problem := queue.problem)]
        if (waited := self.database.longest_wait) > self.pace.longest_answer:
            found.append(f"database: a call has waited for {waited:.0f} s")
        return found

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        wait = self.pace.first_restart
        while not self.stop.is_set():
            began = time.monotonic()
            self.states[name] = "running"
            error: BaseException | None = None
            try:
                await work()
            # Whatever it is, the other parts go on.
            except Exception as caught:
                error = _innermost(caught)
            if self.stop.is_set() and error is None:
                break
            self.states[name] = "failed"
            if time.monotonic() - began > self.pace.sound:
                wait = self.pace.first_restart
            _log.error("part_failed", name=name, error=error, again_in_seconds=wait)
            await asyncio.to_thread(_alert_of_part, self.database, name)
            await first_of(self.stop.wait(), at_most=wait)
            wait = min(wait * 2, self.pace.longest_restart)
        self.states[name] = "stopped"

    async def _sync(self) -> None:
        from peerledger.dynamics.limits import limits_of
        from peerledger.website_sync import WebsiteSync, pace_of

        sync = WebsiteSync(
            self.database,
            self.accounts,
            limits=limits_of(self.settings),
            pace=pace_of(self.settings),
            tell=lambda line: Log("sync").info("said", line=line),
        )
        self.queues["sync"] = sync.database
        await sync.run(self.stop)
        for line in sorted(sync.trouble):
            Log("sync").warning("trouble", line=line)

    async def _notifications(self) -> None:
        transport = make_transport(self.settings)
        delivery = Delivery(self.database.conninfo, transport, self.settings.notify_poll_seconds)
        self.queues["notifications"] = delivery.queue
        async with transport:
            await delivery.run(self.stop)

    async def _seal(self) -> None:
        from peerledger import seal

        log = Log("seal")
        next_checkpoint = 0.0
        while not self.stop.is_set():
            try:
                sealed = await asyncio.to_thread(seal.seal, self.database, stopped=self.stop.is_set)
                if sealed.entries:
                    log.info("sealed", entries=sealed.entries, size=sealed.size)
                if time.monotonic() >= next_checkpoint:
                    next_checkpoint = time.monotonic() + self.settings.checkpoint_minutes * 60
                    made = await asyncio.to_thread(
                        seal.checkpoint, self.database, self.settings, to=self.seal_to
                    )
                    if made is not None:
                        log.info("checkpoint", size=made.size, is_signed=made.is_signed)
            except (RunnerError, psycopg.Error) as error:
                # Tried again the next time: what could not be signed or sent holds up no sealing.
                log.error("not_sealed", error=_innermost(error))
                if isinstance(error, RunnerError) and error.exit_code == 2:
                    raise
            await first_of(self.stop.wait(), at_most=self.settings.seal_seconds)

    async def _alerts(self) -> None:
        from peerledger.receivers import required
        from peerledger.telling import Teller

        teller = Teller(self.database, required(self.settings))
        while not self.stop.is_set():
            await asyncio.to_thread(teller.look)
            await first_of(self.stop.wait(), at_most=self.settings.alert_seconds)

    # The night. -------------------------------------------------------------------------------------

    async def _nightly(self) -> None:
        schedule = nightly_trigger(self.settings)
        handled = _now(self.settings)
        # When tonight's time has passed already: what is done is not done again.
        is_due = schedule.last_fire_time(handled) >= schedule.on(handled.date())
        if not is_due:
            await asyncio.to_thread(_alert_of_missed_nights, self.database)
        while not self.stop.is_set():
            now = _now(self.settings)
            if is_due or schedule.last_fire_time(now) > handled:
                # However late, and once however many were slept through.
                is_due, handled = False, now
                await self._night()
            following = schedule.get_next_fire_time(None, _now(self.settings)) - _now(self.settings)
            await first_of(self.stop.wait(), at_most=min(self.pace.look, max(following.total_seconds(), 0)))

    async def _night(self) -> None:
        wait = self.pace.first_retry
        while not self.stop.is_set():
            try:
                # In a thread: asked to stop, it ends the step that it is in and begins no other.
                results = await asyncio.to_thread(
                    nightly.run,
                    self.database,
                    settings=self.settings,
                    again=False,
                    stopped=self.stop.is_set,
                )
            except (RunnerError, psycopg.Error) as error:
                # Another night is at work, or the database is away.
                _log.warning("night_postponed", error=_innermost(error), again_in_seconds=wait)
                await first_of(self.stop.wait(), at_most=wait)
                wait = min(wait * 2, self.pace.longest_retry)
                continue
            await asyncio.to_thread(self._after_night)
            if not self.stop.is_set():
                is_good = all(result.succeeded for result in results)
                await asyncio.to_thread(heartbeat.send, self.settings, is_good=is_good)
            for result in results:
                write = _log.info if result.succeeded else _log.error
                write(
                    "step",
                    name=result.name,
                    state=result.state,
                    seconds=round(result.seconds, 3),
                    caught_up=result.caught_up,
                )
            return

    def _after_night(self) -> None:
        from peerledger import seal_night

        try:
            seal_night.run(self.database, self.settings, lambda line: Log("seal").info("said", line=line))
        except (RunnerError, psycopg.Error) as error:
            _log.error("night_not_sealed", error=_innermost(error))


class DailyTrigger:
    """Once a day by the clocks of a zone, also when they are changed."""

    def __init__(self, at: wall_clock, zone: ZoneInfo) -> None:
        self._at = at
        self._zone = zone

    def on(self, day: date) -> datetime:
        """A time that comes twice is the first of the two; one that is left out comes an hour later."""
        return datetime.combine(day, self._at, self._zone).astimezone(UTC)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        day = now.astimezone(self._zone).date()
        while (found := self.on(day)) < now or (previous is not None and found <= previous):
            day += timedelta(days=1)
        return found

    def last_fire_time(self, now: datetime) -> datetime:
        today = now.astimezone(self._zone).date()
        # Yesterday's, and where a time that is left out came late, that of the day before.
        return max(each for back in (0, 1, 2) if (each := self.on(today - timedelta(days=back))) <= now)


def nightly_trigger(settings: Settings) -> DailyTrigger:
    return DailyTrigger(settings.nightly_at, ZoneInfo(settings.nightly_zone))


# The command. ---------------------------------------------------------------------------------------


def run(
    database: Database,
    settings: Settings,
    only: Sequence[str],
    accounts: "Sequence[Account]",
    seal_to: Path | None = None,
) -> None:
    logs.setup()
    database.wait(
        settings.start_wait_seconds,
        lambda why: _log.warning("database_away", why=why),
        until=require_migrated,
    )
    for caution in cautions(settings):
        _log.warning("caution", what=caution)
    if database.is_embedded:
        _log.warning(
            "embedded_database",
            what="PEERLEDGER_DATABASE_URL is not set: the embedded database is for trials.",
        )
    parts = list(only or PARTS)
    if "sync" in parts:
        if accounts:
            from peerledger.sync_accounts import require_organisations

            require_organisations(database, accounts)
        else:
            parts.remove("sync")
            _log.warning("sync_is_off", reason=nightly.NO_DYNAMICS)
    if "alerts" in parts and settings.alert_urls is None:
        parts.remove("alerts")
        _log.warning("alerts_are_off", reason="PEERLEDGER_ALERT_URLS is not set: nobody is told.")
    asyncio.run(_run(database, settings, accounts, parts, seal_to))


def check_settings(settings: Settings, only: Sequence[str]) -> "Sequence[Account]":
    """Before a database is even started: what is wrong is named."""
    for name in only:
        if name not in PARTS:
            raise RunnerError(f"--only {name}: there is no such part. Known are {', '.join(PARTS)}.", 2)
    if not only or "notifications" in only:
        make_transport(settings)
    if settings.seal_key_file is not None and (not only or "seal" in only):
        from peerledger.checkpoints import load_key

        load_key(settings.seal_key_file)
    if settings.alert_urls is not None or "alerts" in only:
        from peerledger.receivers import required

        required(settings)
    if settings.has_dynamics or "sync" in only:
        from peerledger.dynamics.credentials import load_accounts

        return load_accounts(settings, settings.dynamics_credentials_file)
    return ()


async def _run(
    database: Database,
    settings: Settings,
    accounts: "Sequence[Account]",
    parts: Sequence[str],
    seal_to: Path | None,
) -> None:
    worker = Worker(database, settings, accounts, parts, seal_to=seal_to)

    def stop() -> None:
        _log.info("stopping")
        worker.stop.set()

    on_signal(stop)
    await worker.run()


def _alert_of_part(database: Database, name: str) -> None:
    _quietly(
        database,
        "private.raise_alert",
        "worker_part_failed",
        "warning",
        f"The part of the worker for {name} broke off and is started again. The worker's log says why.",
        f"worker_part_failed:{name}",
    )


def _alert_of_missed_nights(database: Database) -> None:
    # begin_night alerts. That another night has the lock is no reason to wait: it alerts as well.
    _quietly(database, "private.begin_night")


def _quietly(database: Database, function: LiteralString, *values: object) -> None:
    """An alert that cannot be raised is not worth another crash; the log has it."""
    try:
        with database.connect(autocommit=True) as connection:
            call(connection, function, *values)
    except (RunnerError, psycopg.Error) as error:
        _log.warning("alert_not_raised", error=_innermost(error))


def _now(settings: Settings) -> datetime:
    return datetime.now(ZoneInfo(settings.nightly_zone))


def _innermost(error: BaseException) -> BaseException:
    """What it was, out of its groups and our wrapping."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.__cause__ if isinstance(error, RunnerError) and error.__cause__ else error
