"""`nightly`: the steps of the night, each by itself, so that one that fails stops no other.

The database keeps the ledger (`job_runs`) and decides: which steps there are, which dates are due or were
missed, who has switched one off, and what came of it (sql/functions/nightly). Here is the loop, and what
speaks HTTP. Each call is a transaction of its own: nothing is held while a step goes on.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.types.json import Jsonb
from rich.console import Group, RenderableType
from rich.table import Table

from peerledger.database import Connection, Database
from peerledger.errors import RunnerError, SettingsError, from_database
from peerledger.plan import require_migrated
from peerledger.queries import ask, call, rows
from peerledger.screen import Console
from peerledger.settings import Settings

NO_DYNAMICS = "No PEERLEDGER_DYNAMICS_URL is set."
NO_CREDENTIALS = "There are no credentials for it."


@dataclass(frozen=True)
class Night:
    """What the steps work on."""

    database: Database
    as_of: date | None
    at: datetime
    """The time that the night goes by, which is the database's."""
    settings: Settings = field(default_factory=Settings.model_construct)


@dataclass(frozen=True)
class Outcome:
    """What a step of the runner came to: a line to show, and numbers for the ledger."""

    line: str
    details: Mapping[str, Any] = field(default_factory=dict)
    """Of all together."""
    organisations: Mapping[uuid.UUID, Mapping[str, Any]] = field(default_factory=dict)
    """What is different for some: outcome (done, failed, skipped), reason, details."""

    @property
    def state(self) -> str:
        failed = any(each.get("outcome") == "failed" for each in self.organisations.values())
        return "failed" if failed else "done"


Work = Callable[[Night], Outcome]


@dataclass(frozen=True)
class Result:
    name: str
    state: str
    """done, failed or skipped."""
    seconds: float
    line: str
    caught_up: int = 0
    """How many earlier dates it made up for."""
    table: RenderableType | None = None

    @property
    def succeeded(self) -> bool:
        return self.state != "failed"


# What speaks HTTP. ------------------------------------------------------------------------------------


def check_credentials(night: Night) -> Outcome:
    # Only where it is needed: the libraries behind it take long to import.
    from peerledger import credential_check
    from peerledger.dynamics.credentials import load_accounts

    said: list[str] = []
    accounts = load_accounts(night.settings, night.settings.dynamics_credentials_file)
    if not credential_check.run(night.database, night.settings, accounts, tell=said.append):
        raise RunnerError(" ".join(said))
    return Outcome(" ".join(said), {"accounts": len(accounts)})


def reconcile_website(night: Night) -> Outcome:
    from peerledger import reconcile_website as website
    from peerledger.dynamics.credentials import load_accounts
    from peerledger.sync_accounts import organisations_of, require_organisations

    accounts = load_accounts(night.settings, night.settings.dynamics_credentials_file)
    known = require_organisations(night.database, accounts)
    own: dict[uuid.UUID, Mapping[str, Any]] = {
        each: {"outcome": "skipped", "reason": NO_CREDENTIALS} for each in known.values()
    }
    total: dict[str, int] = {}
    lines = []
    for account in accounts:
        mine = organisations_of(account, accounts, known)
        organisations = list(known.values()) if mine is None else mine
        try:
            counts = website.reconcile_account(night.database, night.settings, account, mine)
        except (RunnerError, psycopg.Error) as error:
            own |= {each: {"outcome": "failed", "reason": reason_of(error)} for each in organisations}
            lines.append(f"{account.name}: {_in_words(error)}")
            continue
        found: dict[str, Any] = counts.pop("by_organisation", {})
        for each in organisations:
            own[each] = {"outcome": "done", "details": found.get(str(each), {})}
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
        lines.append(
            f"{account.name}: {counts['queued_remove']:,} to be taken off the website,"
            f" {counts['queued_restore']:,} to be put on it."
        )
    return Outcome(" ".join(lines), total, own)


WORK: Mapping[str, Work] = {
    "credential_check": check_credentials,
    "website_reconciliation": reconcile_website,
}


# The night. -------------------------------------------------------------------------------------------


def run(
    database: Database,
    as_of: date | None = None,
    *,
    settings: Settings | None = None,
    again: bool = True,
    at: datetime | None = None,
    stopped: Callable[[], bool] = lambda: False,
    work: Mapping[str, Work] = WORK,
) -> list[Result]:
    """`as_of`: only that date, and nothing that was missed. Without `again`, only what is not done yet.

    `at` is the time that it is, the database's if not given; tests give another one. Once `stopped`, no
    further step is begun.
    """
    with database.connect() as connection:
        require_migrated(connection)
    results = []
    with _the_only_night(database, at) as (holder, night_at):
        night = Night(database, as_of, night_at, settings or Settings.model_construct())
        for (job,) in ask(holder, "night_steps").fetchall():
            if stopped():
                break
            _still_ours(holder)
            results.append(_attempt(job, night, again, work.get(job)))
    return results


@contextmanager
def _the_only_night(database: Database, at: datetime | None) -> Iterator[tuple[Connection, datetime]]:
    """Holds the lock of the night on a connection of its own."""
    with database.connect(autocommit=True) as holder:
        given = {"as_of": at} if at else {"caller_time": datetime.now(UTC)}
        try:
            night_at = call(holder, "private.begin_night", **given)
        except psycopg.Error as error:
            refused = from_database(error)
            if not at and isinstance(error, pg.InvalidParameterValue):
                said = refused.message[:499]
                call(holder, "private.raise_alert", "clock_differs", "critical", said, "clock_differs")
            raise refused from error
        yield holder, night_at
        # Without it the lock goes with the connection all the same.
        if not holder.closed:
            call(holder, "private.end_night", night_at)


def _still_ours(holder: Connection) -> None:
    try:
        holder.execute("")
    except psycopg.Error as error:
        raise RunnerError(
            "The connection that keeps other nights out was lost; the rest is left to the next night."
        ) from error


def _attempt(job: str, night: Night, again: bool, work: Work | None) -> Result:
    started = time.monotonic()
    name = job.replace("_", " ")
    caught_up = 0

    def result(state: str, line: str, table: RenderableType | None = None) -> Result:
        return Result(name, state, time.monotonic() - started, line, caught_up, table)

    try:
        with night.database.connect(autocommit=True) as connection:
            asked = (job, night.at, night.as_of, again)
            ((state, reason, caught_up),) = rows(connection, "private.begin_step", *asked)
            if state == "skipped":
                return result("skipped", reason)
            if state == "done":
                return result("done", "Already completed.")
            if work is None:
                return result(*_continue(connection, job, night))
        if work is WORK.get(job) and not night.settings.has_dynamics:
            _finish(job, night, "skipped", NO_DYNAMICS)
            return result("skipped", NO_DYNAMICS)
        try:
            outcome = work(night)
        except Exception as error:
            code = error.sqlstate if isinstance(error, psycopg.Error) else None
            _finish(job, night, "failed", None if code else reason_of(error), code)
            raise
        _finish(job, night, "done", None, outcome=outcome)
        return result(outcome.state, outcome.line)
    # A night's other steps still have to run; what it was is shown, and the exit code is 1.
    except Exception as error:
        return result("failed", _in_words(error))


def _continue(connection: Connection, job: str, night: Night) -> tuple[str, str, RenderableType | None]:
    """Step by step, each in its own transaction, until the database says that it is done."""
    while True:
        (step,) = rows(connection, "private.continue_step", job, night.at, night.as_of)
        state, _, message, details, organisations = step
        if state == "failed":
            return state, message, None
        if state == "done":
            return state, _line(job, details or {}), _table(job, details or {}, organisations or [])


def _finish(
    job: str,
    night: Night,
    state: str,
    reason: str | None,
    error_code: str | None = None,
    outcome: Outcome | None = None,
) -> None:
    outcome = outcome or Outcome("")
    organisations = {str(key): dict(value) for key, value in outcome.organisations.items()}
    values = (job, night.at, state, reason, error_code, Jsonb(dict(outcome.details)), Jsonb(organisations))
    with night.database.connect(autocommit=True) as connection:
        call(connection, "private.finish_step", *values)


def reason_of(error: Exception) -> str:
    """For the ledger: a sentence of ours, which quotes nothing."""
    if isinstance(error, SettingsError):
        return "A setting is missing or malformed."
    if isinstance(error, RunnerError):
        return "The runner could not do it; its output says why."
    if isinstance(error, psycopg.Error):
        return f"The database refused it ({error.sqlstate or 'connection lost'})."
    return "An internal error of the runner."


def _in_words(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        return from_database(error).message
    if isinstance(error, RunnerError):
        return error.message
    return f"{type(error).__name__}: an internal error of the runner."


# Showing it. ------------------------------------------------------------------------------------------


def _line(job: str, details: Mapping[str, Any]) -> str:
    match job:
        case "certification_expiry":
            counts = [details.get(name, 0) for name in ("transitioned", "reminders_sent", "failures")]
            counted = "{:,} expired, {:,} reminded, {:,} failed.".format(*counts)
            note = details.get("note") or ""
            return note if note and not any(counts) else f"{note} {counted}".strip()
        case "badge_reconciliation":
            missed = details["badges_awarded"] - details["badges_by_time"]
            line = (
                f"{details['activities_scanned']:,} activities; {missed:,} missed badges awarded, "
                f"{details['badges_by_time']:,} for length of service"
            )
            return line + (": more than 5 % were missed, an alert is raised." if details["alert"] else ".")
        case "log_partitions":
            return "Partitions were created." if details.get("attached") else "All partitions exist."
        case _:
            return ""


def _table(
    job: str, details: Mapping[str, Any], organisations: list[dict[str, Any]]
) -> RenderableType | None:
    columns = {"expired": "transitioned", "reminded": "reminders_sent", "failed": "failures"}
    busy = [each for each in organisations if any(each.get(name) for name in columns.values())]
    if job != "certification_expiry" or not busy:
        return None
    table = Table("organisation", title=f"Certification run {details['run_id']}")
    for title in columns:
        table.add_column(title, justify="right")
    for each in busy:
        table.add_row(each["name"], *(f"{each[name]:,}" for name in columns.values()))
    return table


def show(results: list[Result]) -> RenderableType:
    table = Table("step", "result", "seconds", "")
    table.columns[2].justify = "right"
    for result in results:
        nights = "night" if result.caught_up == 1 else "nights"
        caught_up = f" {result.caught_up:,} earlier {nights} caught up." if result.caught_up else ""
        table.add_row(result.name, result.state, f"{result.seconds:.1f}", result.line + caught_up)
    return Group(table, *(result.table for result in results if result.table))


def print_results(results: list[Result]) -> None:
    Console(highlight=False, markup=False).print(show(results))
