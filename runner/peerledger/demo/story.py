"""A year in the life of the sample organisations: nights, renewals, an outage, disputes, a forged entry.

Everything is done by the code that would do it: people call what the app calls, nights are `run_night`, the
website is a stand-in behind HTTPS. Only the clock is not the real one (clock.py).
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import sql
from psycopg.types.json import Jsonb

from peerledger import load, reconcile_website, seal, seal_night
from peerledger.database import Connection, Database
from peerledger.demo import samples as sample_data
from peerledger.demo.clock import Clock, one_row
from peerledger.demo.postbox import Postbox
from peerledger.demo.samples import Day, Row, Samples
from peerledger.dynamics.credentials import load_accounts
from peerledger.dynamics.limits import limits_of
from peerledger.errors import RunnerError
from peerledger.migrate import migrate
from peerledger.notify.delivery import Delivery
from peerledger.settings import Settings
from peerledger.website_sync import WebsiteSync, pace_of
from standin import Fault, StandIn

# One whose website we keep.
REPORT_OF = "klangbro"
OSLO = ZoneInfo("Europe/Oslo")
# By the clocks of the organisations; what is done in between takes less than five minutes on any machine.
_SET_UP, _NIGHT, _AFTER_NIGHT = time(9), time(3, 15), time(3, 20)
_PEOPLE, _AFTER_PEOPLE, _RESTORED = time(14), time(14, 5), time(17)
# When the worker looks while Dynamics is away: fewer times than an organisation allows attempts.
_OUTAGE = ((_AFTER_PEOPLE, time(16), time(20)), (_AFTER_PEOPLE, time(20)), (_AFTER_PEOPLE, time(18)))
# What is seen is reported at once: nobody else is waiting.
_PACE = 0.02
_MONDAY = 0
_FORGED_MINUTES = 480
_BREAK = timedelta(days=21)

_IS_SYNC_DUE = """
select exists (
    select
    from public.hlf_sync_state as state
    where
        state.state = 'pending' and state.next_attempt_at <= clock_timestamp()
        and state.organisation_id not in (select private.organisations_without_website_sync())
)
"""
# Registered by a coordinator for a mentor who can log in, lately, and not disputed yet.
_DISPUTABLE = """
select activity.id, mentor.user_id
from public.activities as activity
inner join public.peer_mentors as mentor on mentor.id = activity.mentor_id
where
    activity.organisation_id = %(organisation)s and activity.voided_at is null
    and activity.coordinator_id is not null and activity.coordinator_id <> %(settled_by)s
    and mentor.user_id is not null
    and not exists (select from public.proxy_disputes as dispute where dispute.activity_id = activity.id)
order by activity.created_at desc, activity.id
limit 1
"""
# Registered in the week that was sealed this morning.
_FORGEABLE = """
select entry.tableoid::regclass::text, entry.id, entry.payload_snapshot
from public.proxy_audit_log as entry
inner join private.sealed_entries as sealed on sealed.entry_id = entry.id
where entry.organisation_id = %s and entry.event_type in ('created', 'bulk_created')
order by sealed.leaf_index desc
limit 1
"""
# Active, with nothing to do in the weeks to come, and a certificate that lasts.
_QUIET = """
select mentor.id
from public.peer_mentors as mentor
inner join public.certifications as certificate on certificate.mentor_id = mentor.id
where
    mentor.organisation_id = %(organisation)s and mentor.status = 'active'
    and mentor.dynamics_contact_id is not null and mentor.id <> all (%(busy)s::uuid[])
group by mentor.id
having max(certificate.expires_on) > %(until)s
order by mentor.id
limit 8
"""
# Removed, and not seen gone yet.
_IS_LOOK_DUE = """
select exists (
    select
    from public.hlf_removals as removal
    where removal.is_watched and removal.confirmed_at is not null and removal.seen_gone_at is null
)
"""
# Nobody had noted which contact of the portal they are; known, it is tried again by itself.
_UNKNOWN_CONTACTS = """
update public.peer_mentors as mentor
set dynamics_contact_id = gen_random_uuid()
from public.hlf_sync_state as state
where state.mentor_id = mentor.id and state.state = 'dead_lettered' and mentor.dynamics_contact_id is null
returning mentor.dynamics_contact_id
"""
_GUARDS = "select tgname::text, tgenabled from pg_trigger where tgrelid = %s::regclass and not tgisinternal"


@dataclass(frozen=True)
class Calendar:
    """When what happens, whatever the length of the story."""

    first: date
    """Of which there is a night; the day before, everything is set up."""
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def after(self, part: float) -> date:
        return self.first + timedelta(days=round(part * self.days))

    @property
    def no_night(self) -> date:
        return self.after(0.15)

    @property
    def killed_night(self) -> date:
        return self.after(0.35)

    @property
    def outage(self) -> date:
        return self.after(0.45)

    @property
    def forged(self) -> date:
        """A Monday: its morning's seal is what gives it away, and the night after it must be a good one."""
        day = self.after(0.75)
        return day - timedelta(days=day.weekday())

    @property
    def disputes(self) -> dict[date, tuple[str, str | None]]:
        """By day: the mentor's reason, and what a coordinator says two days later. The last one is open."""
        return {
            self.after(0.2): ("not_me", "upheld"),
            self.after(0.5): ("wrong_duration", "rejected"),
            self.last: ("wrong_day", None),
        }


def calendar(today: date, months: int) -> Calendar:
    """Of so many calendar months, this one among them, until yesterday: tonight's night is the real one."""
    month = today.year * 12 + today.month - months
    return Calendar(date(month // 12, month % 12 + 1, 1), today - timedelta(days=1))


def play(
    clock: Clock,
    settings: Settings,
    directory: Path,
    when: Calendar,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> None:
    with StandIn() as standin:
        _Story(clock, standin.configure(settings), directory, when, standin).play(progress)


class _Story:
    def __init__(
        self, clock: Clock, settings: Settings, directory: Path, when: Calendar, standin: StandIn
    ) -> None:
        self.clock = clock
        self.settings = settings
        self.when = when
        self.standin = standin
        self.samples: Samples = sample_data.read(directory, when.first, when.last + timedelta(days=1))
        # The one whose report is shown.
        self.organisation = next(
            row["id"] for row in self.samples.history["organisations"] if row["slug"] == REPORT_OF
        )
        self.organisation_of = {row["id"]: row["organisation_id"] for row in self.samples.mentors}
        self.accounts = load_accounts(settings)
        self.limits = limits_of(settings)
        self.disputed: dict[date, tuple[UUID, str]] = {}
        self.now: Database
        self.connection: Connection
        self.loop: asyncio.Runner

    def play(self, progress: Callable[[int, int], None]) -> None:
        eve = self.when.first - timedelta(days=1)
        self.now = self.clock.at(_moment(eve, _SET_UP))
        migrate(self.now, self.settings.migrate_wait_seconds)
        with tempfile.TemporaryDirectory() as directory:
            sample_data.write(self.samples.history, Path(directory))
            load.load(self.now, Path(directory))
        with (
            asyncio.Runner() as self.loop,
            self.now.connect(autocommit=True, statement_seconds=0) as self.connection,
        ):
            self._set(eve, _AFTER_PEOPLE)
            for mentor in self.samples.mentors:
                if mentor["dynamics_contact_id"]:
                    self.standin.add_contact(UUID(mentor["dynamics_contact_id"]))
            self._work()
            for number in range(self.when.days):
                progress(number, self.when.days)
                self._day(self.when.first + timedelta(days=number))
            self._deliver()

    def _day(self, day: date) -> None:
        self._set(day, _NIGHT)
        self._night(day)
        if day == self.when.forged or (day.weekday() == _MONDAY and day.day <= 7):
            self._seal()
        is_away = 0 <= (day - self.when.outage).days < len(_OUTAGE)
        if not is_away:
            self._set(day, _AFTER_NIGHT)
            self._work()
        self._set(day, _PEOPLE)
        self._people(self.samples.days.get(day, Day()))
        self._disputes(day)
        self._pause(day)
        self._set(day, _AFTER_PEOPLE)
        if is_away:
            self._outage(day)
        else:
            self._work()
        if day.weekday() == _MONDAY:
            self._deliver()
        if day == self.when.forged:
            self._forge()
        elif day == self.when.forged + timedelta(days=1):
            self._find_the_forgery(day)
        self._see_to_alerts()

    # The night. -----------------------------------------------------------------------------------------

    def _night(self, day: date) -> None:
        if day == self.when.no_night:
            # The machine is being moved. The next night makes up for it.
            return
        if day == self.when.killed_night:
            self._killed_night()
            return
        self.connection.execute("call private.run_night()")

    def _killed_night(self) -> None:
        """The server goes down while the night is at the certificates: begun, and never finished."""
        with self.now.connect(autocommit=True) as connection:
            (night_at,) = one_row(connection, "select private.begin_night()")
            connection.execute("select private.begin_step('certification_expiry', %s)", (night_at,))
            connection.execute("select private.continue_step('certification_expiry', %s)", (night_at,))

    def _seal(self) -> None:
        seal.seal(self.now)
        seal.checkpoint(self.now, self.settings)

    # What people do. ------------------------------------------------------------------------------------

    def _people(self, day: Day) -> None:
        self._insert("peer_mentors", day.mentors)
        self._insert("certifications", day.certificates)
        for renewal in day.renewals:
            self._call("public.renew_certification", renewal.mentor_id, renewal.issued_on, renewal.expires_on)
        # Mentors their own, then each coordinator what they registered: together it is a bulk in the log.
        for coordinator in sorted({row["coordinator_id"] for row in day.activities}):
            self._insert(
                "activities", [row for row in day.activities if row["coordinator_id"] == coordinator]
            )
        self._insert("activity_notes", day.notes)
        if day.voided:
            self._do("update public.activities set voided_at = now() where id = any (%s::uuid[])", day.voided)
        for leaving in day.leaving:
            self._call("public.transition_mentor_status", leaving.mentor_id, leaving.status)

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        """Of a day in one statement, as an app sends what it has gathered."""
        if rows:
            # An empty field of a file is none; the columns' defaults are for what is not given.
            given = [{name: value or None for name, value in row.items()} for row in rows]
            self.connection.execute(
                sql.SQL(
                    "insert into public.{table} ({columns}) select {columns} "
                    "from jsonb_populate_recordset(null::public.{table}, %s)"
                ).format(
                    table=sql.Identifier(table), columns=sql.SQL(", ").join(map(sql.Identifier, rows[0]))
                ),
                (Jsonb(given),),
            )

    def _call(self, function: str, mentor_id: str, *values: object) -> None:
        """By a coordinator of the mentor's organisation."""
        with self._as(self.samples.coordinators[self.organisation_of[mentor_id]]):
            self._do(f"select {function}(%s{', %s' * len(values)})", mentor_id, *values)

    @contextmanager
    def _as(self, user_id: object) -> Iterator[None]:
        with self.connection.transaction():
            claims = f'{{"sub": "{user_id}", "role": "authenticated"}}'
            self._do("select set_config('request.jwt.claims', %s, true)", claims)
            self._do("set local role authenticated")
            yield

    def _disputes(self, day: date) -> None:
        settled_by = self.samples.coordinators[self.organisation]
        if told := self.when.disputes.get(day):
            activity, mentor = one_row(
                self.connection,
                _DISPUTABLE,
                {"organisation": self.organisation, "settled_by": settled_by},
            )
            with self._as(mentor):
                self._do("select public.dispute_proxy_activity(%s, %s)", activity, told[0])
            if told[1]:
                self.disputed[day + timedelta(days=2)] = activity, told[1]
        if settled := self.disputed.get(day):
            with self._as(settled_by):
                self._do("select public.resolve_proxy_dispute(%s, %s)", *settled)

    def _pause(self, day: date) -> None:
        """Some take a break on the first day of the outage, and are back three weeks later."""
        back_on = min(self.when.outage + _BREAK, self.when.last)
        if day == self.when.outage:
            days = (self.samples.days.get(day + timedelta(days=number)) for number in range(_BREAK.days + 1))
            busy = [row["mentor_id"] for each in days if each for row in each.activities]
            found = self.connection.execute(
                _QUIET, {"organisation": self.organisation, "busy": busy, "until": back_on}
            ).fetchall()
            self.paused = [str(mentor) for (mentor,) in found]
            for mentor in self.paused:
                self._call("public.transition_mentor_status", mentor, "paused")
        elif day == back_on:
            for mentor in self.paused:
                self._call("public.transition_mentor_status", mentor, "active")

    # The worker. ----------------------------------------------------------------------------------------

    def _work(self) -> None:
        """What is due now; where nothing is, the worker need not be started."""
        if one_row(self.connection, _IS_SYNC_DUE)[0]:
            pace = replace(pace_of(self.settings), report=_PACE)
            self.loop.run(
                WebsiteSync(self.now, self.accounts, limits=self.limits, once=True, pace=pace).run()
            )
        if one_row(self.connection, _IS_LOOK_DUE)[0] and self.standin.faults.always is None:
            reconcile_website.reconcile(self.now, self.settings, self.accounts)

    def _deliver(self) -> None:
        """Once a week, all that has gathered: no record says when somebody reads it."""
        self.loop.run(Delivery(self.now.conninfo, Postbox(), batch_size=500).run_once(asyncio.Event()))

    def _outage(self, day: date) -> None:
        """Dynamics answers that it is away; whoever changed meanwhile is tried again, later each time."""
        self.standin.faults.always = Fault(status=503)
        for at in _OUTAGE[(day - self.when.outage).days]:
            self._set(day, at)
            self._work()
        self.standin.faults.clear()

    # The forged entry. ----------------------------------------------------------------------------------

    def _forge(self) -> None:
        """Somebody with the superuser's password turns an activity into one of eight hours."""
        self.partition, self.entry, self.true_payload = one_row(
            self.connection, _FORGEABLE, (self.organisation,)
        )
        self._write_entry({**self.true_payload, "duration_minutes": _FORGED_MINUTES})

    def _find_the_forgery(self, day: date) -> None:
        """The night told of guards that were touched; the seals name the entry. A backup has it as it was."""
        try:
            seal_night.run(self.now, self.settings, lambda line: None)
        except RunnerError:
            self._set(day, _RESTORED)
        else:
            raise RunnerError("The demo's forged entry was not found.")
        self._write_entry(self.true_payload)
        seal_night.run(self.now, self.settings, lambda line: None)

    def _write_entry(self, payload: Any) -> None:
        """With the guards off, and then as they were: what a superuser can do, and cannot do unseen."""
        table = sql.SQL(self.partition)
        with self.connection.transaction():
            guards = self.connection.execute(_GUARDS, (self.partition,)).fetchall()
            self.connection.execute(sql.SQL("alter table {} disable trigger user").format(table))
            self.connection.execute(
                sql.SQL("update {} set payload_snapshot = %s where id = %s").format(table),
                (Jsonb(payload), self.entry),
            )
            for guard, how in guards:
                self.connection.execute(
                    sql.SQL("alter table {} enable {} trigger {}").format(
                        table, sql.SQL("always" if how == "A" else ""), sql.Identifier(guard)
                    )
                )

    def _see_to_alerts(self) -> None:
        for (contact,) in self.connection.execute(_UNKNOWN_CONTACTS).fetchall():
            self.standin.add_contact(contact, listed=True)
        self._do("select public.acknowledge_alert(id) from private.open_alerts()")

    # ----------------------------------------------------------------------------------------------------

    def _set(self, day: date, at: time) -> None:
        """From then on time goes by, on this connection and on those that are made by `now`."""
        self.now = self.clock.at(_moment(day, at), self.connection)

    def _do(self, statement: str, *values: object) -> None:
        self.connection.execute(statement.encode(), values or None)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, OSLO).astimezone(UTC)
