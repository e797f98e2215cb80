"""`nightly`: the steps of the night, each by itself, so that one that fails stops no other."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from rich.console import Console, Group, RenderableType
from rich.table import Table

from runner.database import Connection, Database
from runner.errors import RunnerError, from_database
from runner.plan import require_migrated


@dataclass(frozen=True)
class Night:
    """What the steps work on."""

    database: Database
    as_of: date | None
    started_at: datetime


@dataclass(frozen=True)
class Outcome:
    """In one line; and a table, where there is more to see."""

    line: str
    table: RenderableType | None = None


@dataclass(frozen=True)
class Step:
    name: str
    run: Callable[[Night], Outcome]


@dataclass(frozen=True)
class Result:
    name: str
    succeeded: bool
    seconds: float
    outcome: Outcome


def expire_certifications(night: Night) -> Outcome:
    """In two transactions: a run that is killed leaves its begun row behind."""
    with night.database.connect() as connection:
        (run_id,) = _one(connection, "select run_id from public.begin_certification_run(%s)", night.as_of)
    with night.database.connect() as connection:
        transitioned, reminders, failures, note = _one(
            connection,
            "select total_transitioned, total_reminders_sent, total_failures, note"
            " from public.run_certification_expiry(run_id => %s)",
            run_id,
        )
        organisations = connection.execute(
            """
            select organisation.name, total.transitioned, total.reminders_sent, total.failures
            from private.certification_run_totals as total
            inner join public.organisations as organisation on organisation.id = total.organisation_id
            where total.run_id = %s
            order by organisation.name
            """,
            (run_id,),
        ).fetchall()
    counted = f"{transitioned:,} expired, {reminders:,} reminded, {failures:,} failed"
    table = Table("organisation", title=f"Certification run {run_id}")
    for title in ("expired", "reminded", "failed"):
        table.add_column(title, justify="right")
    for name, *numbers in organisations:
        table.add_row(name, *(f"{number:,}" for number in numbers))
    line = " ".join(filter(None, (note, "" if note and not organisations else f"{counted}.")))
    return Outcome(line, table if organisations else None)


def reconcile_badges(night: Night) -> Outcome:
    """Since a day ago, or since the last night that got this far, if that is longer ago."""
    with night.database.connect() as connection:
        scanned, mentors, awarded, alert = _one(
            connection,
            """
            select activities_scanned, mentors_missing, badges_awarded, alert
            from public.reconcile_badges((
                select least(now() - interval '24 hours', max(run.started_at))
                from public.certification_expiry_runs as run
                where run.status = 'succeeded' and run.started_at < %s
            ))
            """,
            night.started_at,
        )
    line = f"{scanned:,} activities, {awarded:,} badges awarded to {mentors:,} mentors who had missed them"
    return Outcome(line + (": more than 5 %, an alert is raised." if alert else "."))


def make_log_partitions(night: Night) -> Outcome:
    with night.database.connect() as connection:
        (made,) = _one(connection, "select private.ensure_log_partitions()")
    return Outcome("Partitions were made." if made else "All partitions were there.")


# In the order in which they run.
STEPS = (
    Step("certification expiry", expire_certifications),
    Step("badge reconciliation", reconcile_badges),
    Step("log partitions", make_log_partitions),
)


def run(database: Database, as_of: date | None = None, steps: tuple[Step, ...] = STEPS) -> list[Result]:
    with database.connect() as connection:
        require_migrated(connection)
    night = Night(database, as_of, datetime.now(UTC))
    return [_attempt(step, night) for step in steps]


def show(results: list[Result]) -> RenderableType:
    table = Table("step", "result", "seconds", "")
    table.columns[2].justify = "right"
    for result in results:
        word = "done" if result.succeeded else "failed"
        table.add_row(result.name, word, f"{result.seconds:.1f}", result.outcome.line)
    return Group(table, *(result.outcome.table for result in results if result.outcome.table))


def print_results(results: list[Result]) -> None:
    Console(highlight=False, markup=False).print(show(results))


def _attempt(step: Step, night: Night) -> Result:
    started = time.monotonic()
    try:
        succeeded, outcome = True, step.run(night)
    except psycopg.Error as error:
        succeeded, outcome = False, Outcome(from_database(error).message)
    except RunnerError as error:
        succeeded, outcome = False, Outcome(error.message)
    # A night's other steps still have to run; what it was is said, and the exit code is 1.
    except Exception as error:
        succeeded, outcome = False, Outcome(f"{type(error).__name__}: a fault of the runner itself.")
    return Result(step.name, succeeded, time.monotonic() - started, outcome)


def _one(connection: Connection, query: str, *arguments: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), arguments or None).fetchone()
    if row is None:
        raise RunnerError("The database returned nothing.")
    return row
