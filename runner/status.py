"""`status`: how the system is, and what needs a person."""

from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from runner.database import Connection, Database
from runner.errors import RunnerError, from_database
from runner.plan import make_plan
from runner.sqlfiles import Tree

_ENOUGH_MONTHS = 2
_PENDING_SHOWN = 5

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
_ALERTS = """
select severity, kind, message
from public.ops_alerts
where acknowledged_at is null
order by raised_at
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


@dataclass(frozen=True)
class Organisation:
    slug: str
    name: str
    mentors: int
    activities: int
    badges_awarded: int
    evaluations: int


@dataclass
class Status:
    database: str
    migrated: bool
    pending: list[str]
    organisations: list[Organisation] = field(default_factory=list)
    open_alerts: list[dict[str, str]] = field(default_factory=list)
    log_months_ahead: int | None = None
    log_guard_problems: list[str] = field(default_factory=list)
    refused_changes_go_to: str | None = None
    """table: security_events, at once; server log: there, and counted in security_events at night."""

    @property
    def problems(self) -> list[str]:
        found = []
        if not self.migrated:
            found.append("The database is not up to date. Run `peerledger migrate`.")
        found += [
            f"Alert ({alert['severity']}, {alert['kind']}): {alert['message']}" for alert in self.open_alerts
        ]
        if self.log_months_ahead is not None and self.log_months_ahead < _ENOUGH_MONTHS:
            found.append(
                f"The logs have partitions for {self.log_months_ahead} more months. Run `peerledger migrate`."
            )
        found += [f"A log is not guarded as it should be: {problem}" for problem in self.log_guard_problems]
        return found

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "problems": self.problems}


def read(database: Database) -> Status:
    with database.connect() as connection:
        connection.read_only = True
        try:
            plan = make_plan(connection, Tree())
        except psycopg.Error as error:
            raise from_database(error) from error
        except RunnerError as error:
            return Status(database.name, False, [error.message])
        state = Status(database.name, plan.is_empty, plan.lines())
        if plan.apply:
            return state
        state.organisations = organisations(connection)
        state.open_alerts = [
            dict(zip(("severity", "kind", "message"), map(str, row), strict=True))
            for row in connection.execute(_ALERTS).fetchall()
        ]
        months = connection.execute(_MONTHS_AHEAD).fetchone()
        state.log_months_ahead = months[0] if months else None
        state.log_guard_problems = [str(row[0]) for row in connection.execute(_GUARDS).fetchall()]
        goes_to = connection.execute("select private.security_events_go_to()").fetchone()
        state.refused_changes_go_to = str(goes_to[0]) if goes_to else None
        return state


def organisations(connection: Connection) -> list[Organisation]:
    return [Organisation(*row) for row in connection.execute(ORGANISATIONS).fetchall()]


def show(state: Status) -> None:
    console = Console(highlight=False)
    console.print(
        f"Database: {state.database}, {'up to date' if state.migrated else 'not up to date'}", markup=False
    )
    # On one screen: `migrate --check` has the whole list.
    for line in state.pending[:_PENDING_SHOWN]:
        console.print(f"  to do: {line}", markup=False)
    if len(state.pending) > _PENDING_SHOWN:
        console.print(f"  … and {len(state.pending) - _PENDING_SHOWN} more; see `peerledger migrate --check`")
    if state.organisations:
        console.print(table(state.organisations))
    if state.log_months_ahead is not None:
        console.print(f"Logs: partitions for {state.log_months_ahead} more months")
    if state.refused_changes_go_to is not None:
        place = "security_events" if state.refused_changes_go_to == "table" else "the server's log"
        console.print(f"Logs: an attempt to change one is recorded in {place}")
    for problem in state.problems:
        console.print(problem, markup=False, soft_wrap=True)
    if not state.problems:
        console.print("Nothing needs a person.")


def table(rows: list[Organisation]) -> Table:
    made = Table("organisation", show_footer=len(rows) > 0)
    made.columns[0].footer = "total"
    for title, name in (
        ("mentors", "mentors"),
        ("activities", "activities"),
        ("badges awarded", "badges_awarded"),
        ("evaluations logged", "evaluations"),
    ):
        total = sum(getattr(row, name) for row in rows)
        made.add_column(title, justify="right", footer=f"{total:,}")
    for row in rows:
        numbers = (row.mentors, row.activities, row.badges_awarded, row.evaluations)
        made.add_row(row.name, *(f"{number:,}" for number in numbers))
    return made
