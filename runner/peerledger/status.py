"""`status`: how the system is, and what needs a person. A part that cannot be read needs one, too.

A part is a function that reads and returns a `Part`; a new one is one more line in `PARTS`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from peerledger.access import Difference
from peerledger.alerts import open_alerts
from peerledger.database import Connection, Database
from peerledger.errors import RunnerError, from_database
from peerledger.nightly import jobs
from peerledger.plan import find_differences, make_plan
from peerledger.settings import Settings
from peerledger.sqlfiles import Tree

_ENOUGH_MONTHS = 2
_PENDING_SHOWN = 5
_LONGEST_UNSENT = timedelta(hours=1)
_LONGEST_UNSHOWN = timedelta(days=1)
_LONGEST_WITHOUT_NIGHT = timedelta(hours=26)
_NIGHT_IS_LATE = timedelta(hours=2)

ORGANISATIONS = """
select
    organisation.slug,
    organisation.name,
    (select count(*) from public.peer_mentors where organisation_id = organisation.id) as mentors,
    (select count(*) from public.activities where organisation_id = organisation.id) as activities,
    (
        select count(*) from public.earned_badges
        where organisation_id = organisation.id and revoked_at is null
    ) as badges_awarded,
    (select count(*) from public.badge_evaluation_logs where org_id = organisation.id) as evaluations
from public.organisations as organisation
order by organisation.slug
"""
_MONTHS_AHEAD = """
select min(months)
from (
    select
        log.log_name,
        count(child.relname) filter (
            where substring(child.relname from '[0-9]{4}_[0-9]{2}$')
            > to_char(now() at time zone 'utc', 'YYYY_MM')
        ) as months
    from private.logs as log
    left join pg_catalog.pg_inherits as part
        on part.inhparent = to_regclass(format('public.%I', log.log_name))
    left join pg_catalog.pg_class as child on child.oid = part.inhrelid
    group by log.log_name
) as counted
"""
_GUARDS = """
select relation_name || ': ' || problem from private.log_guards() where problem <> '' order by relation_name
"""
_SYNC = """
select
    coalesce(sum(pending) filter (where is_enabled), 0)::int as pending,
    coalesce(sum(in_progress) filter (where is_enabled), 0)::int as in_progress,
    coalesce(sum(dead_lettered) filter (where is_enabled), 0)::int as dead_lettered,
    coalesce(sum(open_removals) filter (where is_enabled), 0)::int as open_removals,
    min(oldest_open_removal_at) filter (where is_enabled) as oldest_removal_at,
    count(*) filter (where not is_enabled)::int as switched_off
from public.get_hlf_sync_state_summary()
"""
_DEAD_BY_ORGANISATION = """
select organisation.slug, summary.organisation_id, summary.dead_lettered
from public.get_hlf_sync_state_summary() as summary
inner join public.organisations as organisation on organisation.id = summary.organisation_id
where summary.dead_lettered > 0 and summary.is_enabled
order by organisation.slug
"""
_PAUSES = """
select
    pause.reason,
    array_agg(organisation.slug order by organisation.slug) as slugs,
    min(pause.paused_at) as since
from public.hlf_sync_pauses as pause
inner join public.organisations as organisation on organisation.id = pause.organisation_id
group by pause.reason
order by pause.reason
"""
_OLDEST_RESTORE = """
select min(state.updated_at)
from public.hlf_sync_state as state
left join public.organisation_settings as setting on setting.organisation_id = state.organisation_id
where
    state.state = 'pending'
    and coalesce(setting.website_sync_enabled, true)
    and not exists (
        select from public.hlf_sync_pauses as pause where pause.organisation_id = state.organisation_id
    )
"""
_DEAD_MESSAGES = """
select organisation.slug, message.organisation_id, count(*)::int as dead_lettered
from public.notifications as message
inner join public.organisations as organisation on organisation.id = message.organisation_id
where message.state = 'dead_lettered'
group by organisation.slug, message.organisation_id
order by organisation.slug
"""
_MISSED = """
select business_date, array_agg(distinct job order by job) as jobs
from public.find_missed_nights(%(at)s, %(jobs)s)
group by business_date
order by business_date
"""
_NIGHTS = """
select
    private.last_good_night(%(jobs)s, %(at)s) as last_good_night,
    max(run.finished_at) filter (where run.state in ('ran', 'caught_up', 'skipped')) as last_end,
    count(*)::int as rows,
    array_agg(distinct run.job) filter (
        where
            run.state in ('failed', 'running')
            and run.business_date = private.business_date(run.organisation_id, %(at)s)
    ) as failed_today,
    exists (select from public.organisations) as has_organisations,
    exists (
        select
        from pg_catalog.pg_locks as lock
        where
            lock.locktype = 'advisory'
            and lock.database = (select oid from pg_catalog.pg_database where datname = current_database())
            and (lock.classid::bigint << 32) | lock.objid::bigint = hashtextextended('peerledger nightly', 0)
    ) as is_at_work
from public.job_runs as run
where run.job = any (%(jobs)s)
"""
_CERTIFICATION_RUNS = """
select run.run_id, run.status, run.as_of, run.started_at
from public.certification_expiry_runs as run
where
    run.status <> 'succeeded'
    and not exists (
        select
        from public.certification_expiry_runs as later
        where later.status = 'succeeded' and later.started_at > run.started_at
    )
order by run.started_at
"""


@dataclass(frozen=True)
class Organisation:
    slug: str
    name: str
    mentors: int
    activities: int
    badges_awarded: int
    evaluations: int


@dataclass(frozen=True)
class Problem:
    """What needs a person, and what that person does next."""

    what: str
    do: str


@dataclass
class Part:
    lines: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    """For programs."""


@dataclass(frozen=True)
class Asked:
    """What the parts work with."""

    connection: Connection
    settings: Settings
    at: datetime

    def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        cursor: Any = self.connection.cursor(row_factory=dict_row)
        return list(cursor.execute(query, values or None).fetchall())

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.settings.nightly_zone)):%Y-%m-%d %H:%M}"


@dataclass
class Status:
    database: str
    migrated: bool
    pending: list[str]
    organisations: list[Organisation] = field(default_factory=list)
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        found = []
        if not self.migrated:
            found.append(
                Problem("The database is not up to date.", "peerledger migrate, or what is said above")
            )
        for part in self.parts.values():
            found += part.problems
        return found

    def as_dict(self) -> dict[str, Any]:
        values = {name: value for part in self.parts.values() for name, value in part.values.items()}
        return {
            "database": self.database,
            "migrated": self.migrated,
            "pending": self.pending,
            "organisations": [asdict(organisation) for organisation in self.organisations],
            **values,
            "needs_a_person": bool(self.problems),
            "problems": [asdict(problem) for problem in self.problems],
        }


# The parts. -----------------------------------------------------------------------------------------

_WHAT_TO_DO = {
    "auth_failure": "peerledger check-credentials",
    "credential_check_failed": "peerledger check-credentials",
    "night_without_run": "peerledger status (when no night is missing any more: acknowledge it)",
    "nightly_failed": "peerledger nightly",
}


def read_alerts(asked: Asked) -> Part:
    found = open_alerts(asked.connection)
    part = Part(values={"open_alerts": [_plain(asdict(alert)) for alert in found]})
    for alert in found:
        whose = f" ({alert.organisation})" if alert.organisation else ""
        if alert.severity == "info":
            part.lines.append(f"For your information{whose}: {alert.message}")
            continue
        first = _WHAT_TO_DO.get(alert.kind, f"see docs/operations.md under {alert.kind}")
        part.problems.append(
            Problem(
                f"{alert.severity.capitalize()} alert{whose}, {alert.kind}: {alert.message}",
                f"{first}; then peerledger alerts acknowledge {alert.id}",
            )
        )
    part.lines.insert(0, f"Alerts: {len(found):,} open" if found else "Alerts: none is open")
    return part


def read_sync(asked: Asked) -> Part:
    (row,) = asked.rows(_SYNC)
    part = Part(values={"website_sync": _plain(row)})
    words = f"Website: {row['pending'] + row['in_progress']:,} changes to send"
    if row["open_removals"]:
        words += f", {row['open_removals']:,} of them removals"
    words += f", {row['dead_lettered']:,} given up"
    if row["switched_off"]:
        words += f"; switched off in {_counted(row['switched_off'], 'organisation')}"
    part.lines.append(words)
    for pause in asked.rows(_PAUSES):
        whose = ", ".join(pause["slugs"])
        if pause["reason"] == "credentials_refused":
            do = "peerledger check-credentials; meanwhile peerledger sync --once --credentials FILE"
        else:
            do = "peerledger psql -- -c 'select public.resume_hlf_sync()'"
        reason, since = pause["reason"].replace("_", " "), asked.clock(pause["since"])
        part.problems.append(
            Problem(f"The website sync of {whose} stands still since {since}: {reason}.", do)
        )
    for dead in asked.rows(_DEAD_BY_ORGANISATION):
        part.problems.append(
            Problem(
                f"{_counted(dead['dead_lettered'], 'mentor')} of {dead['slug']} could not be brought up "
                "to date on the website.",
                "when the cause is mended: peerledger psql -- -c "
                f"\"select public.requeue_dead_letters('{dead['organisation_id']}')\"",
            )
        )
    removal = row["oldest_removal_at"]
    (restore,) = asked.connection.execute(_OLDEST_RESTORE.encode()).fetchone() or (None,)
    do = "peerledger worker (or once: peerledger sync --once)"
    if not asked.settings.has_dynamics:
        do = "set PEERLEDGER_DYNAMICS_URL and what belongs to it, then " + do
    if removal is not None and asked.at - removal > _LONGEST_UNSENT:
        part.problems.append(
            Problem(
                f"Somebody has been waiting to be taken off the website since {asked.clock(removal)}.", do
            )
        )
    elif restore is not None and asked.at - restore > _LONGEST_UNSHOWN:
        part.problems.append(Problem(f"The website was told of no change since {asked.clock(restore)}.", do))
    return part


def read_notifications(asked: Asked) -> Part:
    (row,) = asked.rows("select * from private.notification_queue(%(at)s)", at=asked.at)
    part = Part(values={"notifications": _plain(row)})
    part.lines.append(
        f"Notifications: {row['due'] + row['in_progress']:,} to send now, {row['waiting']:,} later, "
        f"{row['dead_lettered']:,} given up"
    )
    for dead in asked.rows(_DEAD_MESSAGES):
        part.problems.append(
            Problem(
                f"{_counted(dead['dead_lettered'], 'message')} of {dead['slug']} could not be delivered.",
                "when the cause is mended: peerledger psql -- -c "
                f"\"select public.requeue_notifications('{dead['organisation_id']}')\"",
            )
        )
    oldest = row["oldest_due_at"]
    if oldest is not None and asked.at - oldest > _LONGEST_UNSENT:
        part.problems.append(
            Problem(
                f"Messages have been waiting to be sent since {asked.clock(oldest)}.",
                "peerledger worker (or once: peerledger notify --once)",
            )
        )
    return part


def read_nights(asked: Asked) -> Part:
    (row,) = asked.rows(_NIGHTS, at=asked.at, jobs=jobs())
    missed = asked.rows(_MISSED, at=asked.at, jobs=jobs())
    good: date | None = row["last_good_night"]
    part = Part(values={"last_good_night": good and good.isoformat(), "missed_nights": _plain(missed)})
    part.lines.append(
        f"Nights: the last good one was {good}" if good else "Nights: there was no good one yet"
    )
    if row["is_at_work"]:
        part.lines.append("Nights: one is at work now")
    do = "peerledger nightly, and see that peerledger worker or the timer runs"
    if not row["rows"]:
        if row["has_organisations"]:
            part.problems.append(Problem("The nightly work has never run.", do))
        return part
    if missed:
        dates = ", ".join(str(night["business_date"]) for night in missed[:3])
        more = f" and {len(missed) - 3:,} more" if len(missed) > 3 else ""
        part.problems.append(Problem(f"Nights that are not accounted for: {dates}{more}.", do))
    if row["failed_today"] and not row["is_at_work"]:
        names = ", ".join(job.replace("_", " ") for job in row["failed_today"])
        part.problems.append(
            Problem(f"Tonight these steps failed or broke off: {names}.", "peerledger nightly")
        )
    elif not missed and not row["is_at_work"] and _is_late(asked, row):
        since = asked.clock(row["last_end"]) if row["last_end"] else "ever"
        part.problems.append(Problem(f"No night was completed since {since}.", do))
    return part


def _is_late(asked: Asked, row: dict[str, Any]) -> bool:
    if row["last_end"] is None or asked.at - row["last_end"] > _LONGEST_WITHOUT_NIGHT:
        return True
    # Only of use where nights run by this schedule: the day after one that did.
    local = asked.at.astimezone(ZoneInfo(asked.settings.nightly_zone))
    due = datetime.combine(local.date(), asked.settings.nightly_at, local.tzinfo)
    good = row["last_good_night"]
    return good == local.date() - timedelta(days=1) and local > due + _NIGHT_IS_LATE


def read_certification_runs(asked: Asked) -> Part:
    part = Part()
    for run in asked.rows(_CERTIFICATION_RUNS):
        if run["status"] == "running" and asked.at - run["started_at"] < _LONGEST_UNSENT:
            part.lines.append(f"Certifications: the run for {run['as_of']} is at work")
            continue
        begun = asked.clock(run["started_at"])
        part.problems.append(
            Problem(
                f"The certification run for {run['as_of']}, begun {begun}, did not finish.",
                "peerledger nightly; the server's log says why it ended",
            )
        )
    return part


def read_logs(asked: Asked) -> Part:
    row = asked.connection.execute(_MONTHS_AHEAD).fetchone()
    months = row[0] if row else None
    part = Part(values={"log_months_ahead": months})
    part.lines.append(f"Logs: partitions for {months} more months")
    if months is None or months < _ENOUGH_MONTHS:
        part.problems.append(
            Problem(f"The logs have partitions for {months or 0} more months only.", "peerledger migrate")
        )
    guards = [str(row[0]) for row in asked.connection.execute(_GUARDS).fetchall()]
    for guard in guards:
        part.problems.append(
            Problem(
                f"A log is not guarded as it should be: {guard}",
                "see docs/operations.md under log_guards_missing",
            )
        )
    # table: at once; otherwise the server's log has it, and the night counts it.
    goes_to = asked.connection.execute("select private.security_events_go_to()").fetchone()
    place = "security_events" if goes_to and goes_to[0] == "table" else "the server's log"
    part.lines.append(f"Logs: an attempt to change one is recorded in {place}")
    part.values |= {"log_guard_problems": guards, "refused_changes_go_to": goes_to and goes_to[0]}
    return part


def read_access(found: list[Difference]) -> Part:
    """By the code's own description and comparison: those in the database may be somebody else's by now."""
    part = Part(values={"access_differences": [difference.message for difference in found]})
    part.lines.append(f"Access: {len(found):,} differences" if found else "Access: as this version has it")
    for difference in found[:_PENDING_SHOWN]:
        part.problems.append(
            Problem(f"Access is not as this version has it: {difference.message}", "peerledger migrate")
        )
    if len(found) > _PENDING_SHOWN:
        more = len(found) - _PENDING_SHOWN
        part.problems.append(Problem(f"And {more:,} more about access.", "peerledger migrate --check"))
    return part


# In the order in which they are shown.
PARTS: dict[str, Callable[[Asked], Part]] = {
    "alerts": read_alerts,
    "website sync": read_sync,
    "notifications": read_notifications,
    "nights": read_nights,
    "certification runs": read_certification_runs,
    "logs": read_logs,
}


def read(
    database: Database,
    settings: Settings | None = None,
    parts: dict[str, Callable[[Asked], Part]] = PARTS,
    at: datetime | None = None,
) -> Status:
    with database.connect() as connection:
        connection.read_only = True
        try:
            plan = make_plan(connection, Tree())
        except psycopg.Error as error:
            raise from_database(error) from error
        except RunnerError as error:
            return Status(database.name, False, [error.message])
        found = find_differences(connection, Tree(), plan)
        state = Status(database.name, plan.is_current, plan.lines())
        state.parts["access"] = read_access(found)
        if plan.apply:
            return state
        asked = Asked(connection, settings or Settings.model_construct(), at or datetime.now(UTC))
        try:
            state.organisations = organisations(connection)
        except psycopg.Error as error:
            state.parts["organisations"] = _unreadable("organisations", error)
            connection.rollback()
        for name, read_part in parts.items():
            try:
                with connection.transaction():
                    state.parts[name] = read_part(asked)
            except psycopg.Error as error:
                state.parts[name] = _unreadable(name, error)
                if connection.closed:
                    raise from_database(error) from error
        return state


def _unreadable(name: str, error: psycopg.Error) -> Part:
    why = from_database(error).message
    return Part(
        problems=[Problem(f"How it is with the {name} cannot be read: {why}", "peerledger migrate --check")]
    )


def organisations(connection: Connection) -> list[Organisation]:
    return [Organisation(*row) for row in connection.execute(ORGANISATIONS).fetchall()]


def show(state: Status) -> None:
    console = Console(highlight=False, markup=False)
    console.print(f"Database: {state.database}, {'up to date' if state.migrated else 'not up to date'}")
    # On one screen: `migrate --check` has the whole list.
    for line in state.pending[:_PENDING_SHOWN]:
        console.print(f"  to do: {line}")
    if len(state.pending) > _PENDING_SHOWN:
        console.print(f"  … and {len(state.pending) - _PENDING_SHOWN} more; see `peerledger migrate --check`")
    if state.organisations:
        console.print(table(state.organisations))
    for part in state.parts.values():
        for line in part.lines:
            console.print(line, soft_wrap=True)
    if not state.problems:
        console.print("Nothing needs a person.")
        return
    count = len(state.problems)
    console.print(f"\n{count} {'thing needs' if count == 1 else 'things need'} a person:")
    for problem in state.problems:
        console.print(f"- {problem.what}", soft_wrap=True)
        console.print(f"  → {problem.do}", soft_wrap=True)


def table(rows: list[Organisation]) -> Table:
    made = Table("organisation", show_footer=len(rows) > 0)
    made.columns[0].footer = "total"
    for title, name in (
        ("mentors", "mentors"),
        ("activities", "activities"),
        ("badges", "badges_awarded"),
        ("evaluations", "evaluations"),
    ):
        total = sum(getattr(row, name) for row in rows)
        widest = max(len(title), len(f"{total:,}"))
        made.add_column(title, justify="right", footer=f"{total:,}", no_wrap=True, min_width=widest)
    made.columns[0].no_wrap = True
    made.columns[0].overflow = "ellipsis"
    # On a screen of 80 columns all the numbers are seen.
    made.columns[0].max_width = 30
    for row in rows:
        numbers = (row.mentors, row.activities, row.badges_awarded, row.evaluations)
        made.add_row(row.name, *(f"{number:,}" for number in numbers))
    return made


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
