"""`status`: how the system is, and what needs a person. SQL decides (private.status); this prints it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from rich.table import Table

from peerledger.access import Difference
from peerledger.checkpoints import grouped
from peerledger.database import Connection, Database
from peerledger.errors import RunnerError, from_database
from peerledger.plan import find_differences, make_plan
from peerledger.queries import call, rows
from peerledger.screen import Console
from peerledger.settings import Settings
from peerledger.sqlfiles import Tree

_PENDING_SHOWN = 5
_NEEDS_DYNAMICS = {"website_removal_overdue", "website_changes_overdue"}


@dataclass(frozen=True)
class Problem:
    """As private.problem has it."""

    code: str
    severity: str
    """critical, warning, or info for what needs nothing done."""
    message: str
    action: str
    organisation_id: str | None = None
    affected: int | None = None
    oldest_at: datetime | None = None

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Problem":
        oldest = found["oldest_at"]
        return cls(**found | {"oldest_at": oldest and datetime.fromisoformat(oldest)})


@dataclass
class Status:
    database: str
    migrated: bool
    pending: list[str]
    organisations: list[tuple[Any, ...]] = field(default_factory=list)
    found: list[Problem] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        """What needs a person."""
        return [problem for problem in self.found if problem.severity != "info"]

    def as_dict(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "migrated": self.migrated,
            "pending": self.pending,
            "organisations": [dict(zip(_COLUMNS, row, strict=True)) for row in self.organisations],
            "needs_a_person": bool(self.problems),
            "problems": [
                vars(problem) | {"oldest_at": problem.oldest_at and problem.oldest_at.isoformat()}
                for problem in self.found
            ],
            "numbers": self.numbers,
        }


_COLUMNS = ("slug", "name", "mentors", "activities", "badges_awarded", "evaluations")


def read(database: Database, settings: Settings | None = None, at: datetime | None = None) -> Status:
    """`at`: the time that it is, the database's if not given; tests give another one."""
    tree = Tree().read_once()
    with database.connect() as connection:
        connection.read_only = True
        try:
            plan = make_plan(connection, tree)
            differences = find_differences(connection, tree, plan)
        except psycopg.Error as error:
            raise from_database(error) from error
        except RunnerError as error:
            return _not_migrated(Status(database.name, False, [error.message]))
        state = Status(database.name, plan.is_current, plan.lines())
        state.found += _access_problems(differences)
        if not state.migrated:
            _not_migrated(state)
        if plan.apply:
            return state
        try:
            state.organisations = organisations(connection)
            found: dict[str, Any] = call(connection, "private.status", **({"at": at} if at else {}))
        except psycopg.Error as error:
            if connection.closed:
                raise from_database(error) from error
            why = from_database(error).message
            state.found.append(
                Problem(
                    "status_unreadable",
                    "critical",
                    f"The status cannot be read: {why}",
                    "peerledger migrate --check",
                )
            )
            return state
        state.numbers = found["numbers"]
        has_dynamics = (settings or Settings.model_construct()).has_dynamics
        state.found += [_with_settings(Problem.from_json(each), has_dynamics) for each in found["problems"]]
        return state


def _access_problems(found: list[Difference]) -> list[Problem]:
    """By the code's own description and comparison: those in the database may be somebody else's by now."""
    problems = [
        Problem(
            "access_changed",
            "critical",
            f"Access is not as this version has it: {difference.message}",
            "peerledger migrate",
        )
        for difference in found[:_PENDING_SHOWN]
    ]
    if len(found) > _PENDING_SHOWN:
        more = f"And {len(found) - _PENDING_SHOWN:,} more about access."
        problems.append(Problem("access_changed", "critical", more, "peerledger migrate --check"))
    return problems


def _not_migrated(state: Status) -> Status:
    state.found.append(
        Problem(
            "not_migrated",
            "warning",
            "The database is not up to date.",
            "peerledger migrate, or what is said above",
        )
    )
    return state


def _with_settings(problem: Problem, has_dynamics: bool) -> Problem:
    """The database does not know what the runner was told."""
    if has_dynamics or problem.code not in _NEEDS_DYNAMICS:
        return problem
    action = f"set PEERLEDGER_DYNAMICS_URL and what belongs to it, then {problem.action}"
    return Problem(**vars(problem) | {"action": action})


def organisations(connection: Connection) -> list[tuple[Any, ...]]:
    return rows(connection, "private.organisation_overview")


# Showing it. ------------------------------------------------------------------------------------------


def show(state: Status, settings: Settings | None = None) -> None:
    console = Console(highlight=False, markup=False)
    zone = ZoneInfo((settings or Settings.model_construct()).nightly_zone)
    console.print(f"Database: {state.database}, {'up to date' if state.migrated else 'not up to date'}")
    # On one screen: `migrate --check` has the whole list.
    for line in state.pending[:_PENDING_SHOWN]:
        console.print(f"  to do: {line}")
    if len(state.pending) > _PENDING_SHOWN:
        console.print(f"  … and {len(state.pending) - _PENDING_SHOWN} more; see `peerledger migrate --check`")
    if state.organisations:
        console.print(table(state.organisations))
    for line in _lines(state.numbers):
        console.print(line, soft_wrap=True)
    for problem in state.found:
        if problem.severity == "info":
            console.print(f"Information: {_since(problem, zone)}", soft_wrap=True)
    if not state.problems:
        console.print("No action required.")
        return
    console.print(f"\nAction required ({len(state.problems)}):")
    for problem in state.problems:
        console.print(f"- [{problem.severity}] {_since(problem, zone)}", soft_wrap=True)
        console.print(f"  → {problem.action}", soft_wrap=True)


def _since(problem: Problem, zone: ZoneInfo) -> str:
    if problem.oldest_at is None:
        return problem.message
    return f"{problem.message} (since {problem.oldest_at.astimezone(zone):%Y-%m-%d %H:%M})"


def _lines(numbers: dict[str, Any]) -> list[str]:
    """Of what could be read."""
    shown = (
        (
            "open_alerts_info",
            "Alerts: {open_alerts_critical:,} critical, {open_alerts_warning:,} warnings,"
            " {open_alerts_info:,} for information",
        ),
        (
            "sync_pending",
            "Website: {sync_pending:,} changes to send, {open_removals:,} removals open,"
            " {sync_dead_letters:,} dead letters; paused for {sync_paused:,} organisations,"
            " switched off by {sync_switched_off:,}",
        ),
        (
            "notifications_due",
            "Notifications: {notifications_due:,} to send now, {notifications_waiting:,} later,"
            " {notifications_dead_letters:,} dead letters",
        ),
        ("log_months_ahead", "Logs: partitions for {log_months_ahead} more months"),
        ("refused_changes_go_to", "Logs: a refused change is recorded in the {refused_changes_go_to}"),
        ("sealed_entries", "Seals: {sealed_entries:,} entries sealed, {unsealed_entries:,} not yet"),
    )
    lines = [text.format(**numbers) for name, text in shown if numbers.get(name) is not None]
    if "missed_nights" in numbers:
        good = numbers["last_good_night"] or "no successful run yet"
        going_on = "; one is in progress" if numbers["night_in_progress"] else ""
        lines.append(
            f"Nightly jobs: last complete on {good}, {numbers['missed_nights']:,} nights missing{going_on}"
        )
    if numbers.get("checkpoint_age_seconds") is not None:
        seals = numbers["seals"]
        signed = "" if seals["checkpoint_is_signed"] else ", not signed"
        minutes = int(numbers["checkpoint_age_seconds"] // 60)
        lines += [
            f"Seals: checkpoint of {seals['checkpoint_size']:,} entries, {minutes:,} min old{signed}",
            f"Seals: root {grouped(seals['checkpoint_root'])}",
        ]
    return lines


def table(listed: list[tuple[Any, ...]]) -> Table:
    made = Table("organisation", show_footer=len(listed) > 0)
    made.columns[0].footer = "total"
    for position, title in enumerate(("mentors", "activities*", "badges", "evaluations*"), 2):
        total = sum(row[position] for row in listed)
        widest = max(len(title), len(f"{total:,}"))
        made.add_column(title, justify="right", footer=f"{total:,}", no_wrap=True, min_width=widest)
    made.caption = "* in the last 30 days"
    made.columns[0].no_wrap = True
    made.columns[0].overflow = "ellipsis"
    # On a screen of 80 columns all the numbers are seen.
    made.columns[0].max_width = 30
    for _, name, *numbers in listed:
        made.add_row(name, *(f"{number:,}" for number in numbers))
    return made
