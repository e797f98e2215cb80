"""`nightly`: the steps of the night, each by itself, so that one that fails stops no other.

Each step has its row in the ledger (`job_runs`): for each organisation or for all together, and for its date.
What earlier nights left undone is made up for by the same run of the step. Certifications are run for each
missed date, too, but after tonight: so a mentor gets the one reminder that fits today, not one for each date.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from rich.console import Console, Group, RenderableType
from rich.table import Table

from peerledger.database import Connection, Database
from peerledger.errors import RunnerError, SettingsError, from_database
from peerledger.plan import require_migrated
from peerledger.settings import Settings

SWITCHED_OFF = "Switched off by the organisation."
NO_DYNAMICS = "No PEERLEDGER_DYNAMICS_URL is set."


@dataclass(frozen=True)
class Night:
    """What the steps work on."""

    database: Database
    as_of: date | None
    started_at: datetime
    settings: Settings = field(default_factory=Settings.model_construct)
    badges_since: datetime | None = None
    """When the last night began that reconciled the badges of every organisation it knows."""


@dataclass(frozen=True)
class Outcome:
    """In one line; and a table, where there is more to see."""

    line: str
    table: RenderableType | None = None
    failed: Mapping[uuid.UUID, str] = field(default_factory=dict)
    """Organisations for which it failed though it went on, and why."""
    skipped: Mapping[uuid.UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    name: str
    run: Callable[[Night], Outcome]
    by_organisation: bool = False
    """The ledger has a row for each organisation, not one for all together."""
    each_date: bool = False
    """Missed dates are run one by one, and not made up for by tonight's run."""
    switch: str | None = None
    """The column of organisation_settings with which an organisation switches it off."""
    why_not: Callable[[Night], str | None] = lambda night: None
    """A reason to skip it altogether."""

    @property
    def job(self) -> str:
        return self.name.replace(" ", "_")


@dataclass(frozen=True)
class Result:
    name: str
    state: str
    """done, failed or skipped."""
    seconds: float
    outcome: Outcome
    caught_up: int = 0
    """How many earlier dates it made up for."""

    @property
    def succeeded(self) -> bool:
        return self.state != "failed"


# The steps. -----------------------------------------------------------------------------------------


def check_credentials(night: Night) -> Outcome:
    # Only where it is needed: the libraries behind it take long to import.
    from peerledger import credential_check
    from peerledger.dynamics.credentials import load_accounts

    said: list[str] = []
    accounts = load_accounts(night.settings, night.settings.dynamics_credentials_file)
    if not credential_check.run(night.database, night.settings, accounts, tell=said.append):
        raise RunnerError(" ".join(said))
    return Outcome(" ".join(said))


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
            "select activities_scanned, mentors_missing, badges_awarded, alert"
            " from public.reconcile_badges(least(now() - interval '24 hours', %s::timestamptz))",
            night.badges_since,
        )
    line = f"{scanned:,} activities, {awarded:,} badges awarded to {mentors:,} mentors who had missed them"
    return Outcome(line + (": more than 5 %, an alert is raised." if alert else "."))


def reconcile_website(night: Night) -> Outcome:
    from peerledger import reconcile_website as website
    from peerledger.dynamics.credentials import load_accounts
    from peerledger.sync_accounts import organisations_of, require_organisations

    accounts = load_accounts(night.settings, night.settings.dynamics_credentials_file)
    known = require_organisations(night.database, accounts)
    left = set(known.values())
    failed: dict[uuid.UUID, str] = {}
    lines = []
    for account in accounts:
        mine = organisations_of(account, accounts, known)
        organisations = list(known.values()) if mine is None else mine
        left -= set(organisations)
        try:
            counts = website.reconcile_account(night.database, night.settings, account, mine)
        except (RunnerError, psycopg.Error) as error:
            failed |= dict.fromkeys(organisations, reason_of(error))
            lines.append(f"{account.name}: {_in_words(error)}")
            continue
        removals, restores = counts["queued_remove"], counts["queued_restore"]
        lines.append(
            f"{account.name}: {removals:,} to be taken off the website, {restores:,} to be put on it."
        )
    skipped = dict.fromkeys(left, "There are no credentials for it.")
    return Outcome(" ".join(lines), failed=failed, skipped=skipped)


def make_log_partitions(night: Night) -> Outcome:
    with night.database.connect() as connection:
        (made,) = _one(connection, "select private.ensure_log_partitions()")
    return Outcome("Partitions were made." if made else "All partitions were there.")


def without_dynamics(night: Night) -> str | None:
    return None if night.settings.has_dynamics else NO_DYNAMICS


# In the order in which they run.
STEPS = (
    Step("credential check", check_credentials, why_not=without_dynamics),
    Step("certification expiry", expire_certifications, by_organisation=True, each_date=True),
    Step("badge reconciliation", reconcile_badges, by_organisation=True, switch="badges_enabled"),
    Step(
        "website reconciliation",
        reconcile_website,
        by_organisation=True,
        switch="website_sync_enabled",
        why_not=without_dynamics,
    ),
    Step("log partitions", make_log_partitions),
)


def jobs(steps: tuple[Step, ...] = STEPS) -> list[str]:
    return [step.job for step in steps]


# The night. -----------------------------------------------------------------------------------------


def run(
    database: Database,
    as_of: date | None = None,
    steps: tuple[Step, ...] = STEPS,
    *,
    settings: Settings | None = None,
    again: bool = True,
    at: datetime | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[Result]:
    """`as_of`: only that date, and nothing that was missed. Without `again`, only what is not done yet.

    `at` is the time that it is; tests give another one. Once `stopped`, no further step is begun.
    """
    with database.connect() as connection:
        require_migrated(connection)
    night = Night(database, as_of, at or datetime.now(UTC), settings or Settings.model_construct())
    results = []
    with _the_only_night(night, steps) as is_ours:
        # Before the ledger says that they are begun anew.
        night = replace(night, badges_since=_badges_since(database))
        for step in steps:
            if stopped():
                break
            is_ours()
            results.append(_attempt(step, night, again, at is not None))
        _report(night, results)
    return results


@contextmanager
def _the_only_night(night: Night, steps: tuple[Step, ...]) -> Iterator[Callable[[], None]]:
    """Holds the lock of the night, and says before each step whether it still does."""
    with night.database.connect(autocommit=True) as holder:
        try:
            holder.execute("select private.begin_night(%s, %s)", (jobs(steps), night.started_at))
        except psycopg.Error as error:
            raise from_database(error) from error

        def is_ours() -> None:
            try:
                holder.execute("select")
            except psycopg.Error as error:
                raise RunnerError(
                    "The connection that keeps other nights out was lost; the rest is left to the next night."
                ) from error

        yield is_ours
        # Without it the lock goes with the connection all the same.
        if not holder.closed:
            holder.execute("select private.end_night()")


def _badges_since(database: Database) -> datetime | None:
    with database.connect() as connection:
        (since,) = _one(
            connection,
            """
            select min(last_good.started_at)
            from (
                select max(run.started_at) as started_at
                from public.job_runs as run
                where run.job = 'badge_reconciliation' and run.state in ('ran', 'caught_up')
                group by run.organisation_id
            ) as last_good
            """,
        )
    return since if isinstance(since, datetime) else None


@dataclass
class _Target:
    """What the ledger has begun: a date, and whose rows. None: the one row for all together."""

    on: date
    organisations: list[uuid.UUID] | None


def _attempt(step: Step, night: Night, again: bool, is_simulated: bool) -> Result:
    started = time.monotonic()
    caught_up = 0

    def result(state: str, outcome: Outcome) -> Result:
        return Result(step.name, state, time.monotonic() - started, outcome, caught_up)

    try:
        with night.database.connect(autocommit=True) as connection:
            tonight, missed = _begin(connection, step, night, again)
        # By hand it is done all the same, and says itself that there was nothing to do: no organisation yet.
        if not (tonight or missed or again):
            return result("done", Outcome("Was done already."))
        if reason := step.why_not(night):
            _finish(step, night, [*tonight, *missed], "skipped", reason)
            return result("skipped", Outcome(reason))
        off = _switched_off(night, step)
        if tonight and off and all(set(each.organisations or ()) <= off for each in tonight):
            _finish(step, night, [*tonight, *missed], "skipped", SWITCHED_OFF)
            return result("skipped", Outcome(SWITCHED_OFF))
        if not step.each_date:
            outcome = _work(step, night, [*tonight, *missed], off)
        else:
            outcome = Outcome("Tonight was done already.")
            if tonight or again:
                dated = replace(night, as_of=tonight[0].on) if is_simulated and tonight else night
                outcome = _work(step, dated, tonight, off)
            for each in missed:
                _work(step, replace(night, as_of=each.on), [each], off)
        caught_up = len({each.on for each in missed})
        return result("failed" if outcome.failed else "done", outcome)
    # A night's other steps still have to run; what it was is said, and the exit code is 1.
    except Exception as error:
        return result("failed", Outcome(_in_words(error)))


def _begin(
    connection: Connection, step: Step, night: Night, again: bool
) -> tuple[list[_Target], list[_Target]]:
    """Enters into the ledger that it begins: for tonight, and for what was missed."""
    tonight: list[_Target] = []
    with connection.transaction():
        for on, organisations in _dates(connection, step, night):
            tonight += _entered(connection, step, night, on, organisations, again)
        missed: list[_Target] = []
        if night.as_of is None:
            rows = connection.execute(
                """
                select business_date, array_agg(organisation_id) filter (where organisation_id is not null)
                from public.find_missed_nights(%s, %s)
                group by business_date
                order by business_date
                """,
                (night.started_at, [step.job]),
            ).fetchall()
            for on, organisations in rows:
                missed += _entered(connection, step, night, on, organisations, False)
    return tonight, missed


def _dates(connection: Connection, step: Step, night: Night) -> list[tuple[date, list[uuid.UUID] | None]]:
    """Which date it is tonight: for each organisation by its own clocks."""
    if not step.by_organisation:
        (on,) = _one(
            connection, "select coalesce(%s, private.business_date(null, %s))", night.as_of, night.started_at
        )
        return [(on, None)]
    return connection.execute(
        """
        select coalesce(%s, private.business_date(organisation.id, %s)), array_agg(organisation.id)
        from public.organisations as organisation
        group by 1
        order by 1
        """,
        (night.as_of, night.started_at),
    ).fetchall()


def _entered(
    connection: Connection,
    step: Step,
    night: Night,
    on: date,
    organisations: list[uuid.UUID] | None,
    again: bool,
) -> list[_Target]:
    rows = connection.execute(
        "select organisation_id from private.begin_job(%s, %s, %s, %s, %s)",
        (step.job, on, organisations, again, night.started_at),
    ).fetchall()
    if not rows:
        return []
    return [_Target(on, None if organisations is None else [organisation for (organisation,) in rows])]


def _switched_off(night: Night, step: Step) -> set[uuid.UUID]:
    if step.switch is None:
        return set()
    with night.database.connect() as connection:
        rows = connection.execute(
            sql.SQL("select organisation_id from public.organisation_settings where not {}").format(
                sql.Identifier(step.switch)
            )
        ).fetchall()
    return {organisation for (organisation,) in rows}


def _work(step: Step, night: Night, targets: list[_Target], off: set[uuid.UUID]) -> Outcome:
    try:
        outcome = step.run(night)
    except Exception as error:
        code = error.sqlstate if isinstance(error, psycopg.Error) else None
        _finish(step, night, targets, "failed", None if code else reason_of(error), code)
        raise
    skipped = dict.fromkeys(off, SWITCHED_OFF) | dict(outcome.skipped)
    failed = {key: why for key, why in outcome.failed.items() if key not in skipped}
    for reasons, state in ((skipped, "skipped"), (failed, "failed")):
        for reason in sorted(set(reasons.values())):
            whose = {key for key, why in reasons.items() if why == reason}
            _finish(step, night, _of(targets, whose), state, reason)
    rest = [
        _Target(
            each.on,
            None
            if each.organisations is None
            else [key for key in each.organisations if key not in skipped and key not in failed],
        )
        for each in targets
    ]
    _finish(step, night, rest, "done", None, details={"said": outcome.line[:500]})
    return replace(outcome, failed=failed)


def _of(targets: list[_Target], whose: set[uuid.UUID]) -> list[_Target]:
    return [
        _Target(each.on, [key for key in each.organisations if key in whose])
        for each in targets
        if each.organisations is not None
    ]


def _finish(
    step: Step,
    night: Night,
    targets: list[_Target],
    outcome: str,
    reason: str | None,
    error_code: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    with night.database.connect() as connection:
        for each in targets:
            if each.organisations == []:
                continue
            connection.execute(
                "select from private.finish_job(%s, %s, %s, %s, %s, %s, %s)",
                (step.job, each.on, outcome, reason, Jsonb(details or {}), each.organisations, error_code),
            )


def _report(night: Night, results: list[Result]) -> None:
    failed = [result.name for result in results if not result.succeeded]
    with night.database.connect() as connection:
        connection.execute(
            "select private.report_night(coalesce(%s, private.business_date(null, %s)), %s)",
            (night.as_of, night.started_at, failed),
        )


def reason_of(error: Exception) -> str:
    """For the ledger: a sentence of ours, which quotes nothing."""
    if isinstance(error, SettingsError):
        return "A setting is missing or malformed."
    if isinstance(error, RunnerError):
        return "The runner could not do it; its output said why."
    if isinstance(error, psycopg.Error):
        return f"The database refused it ({error.sqlstate or 'connection lost'})."
    return "A fault of the runner itself."


def _in_words(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        return from_database(error).message
    if isinstance(error, RunnerError):
        return error.message
    return f"{type(error).__name__}: a fault of the runner itself."


def show(results: list[Result]) -> RenderableType:
    table = Table("step", "result", "seconds", "")
    table.columns[2].justify = "right"
    for result in results:
        caught_up = (
            f"{result.caught_up:,} earlier {'night' if result.caught_up == 1 else 'nights'} caught up."
        )
        words = f"{result.outcome.line} {caught_up}" if result.caught_up else result.outcome.line
        table.add_row(result.name, result.state, f"{result.seconds:.1f}", words)
    return Group(table, *(result.outcome.table for result in results if result.outcome.table))


def print_results(results: list[Result]) -> None:
    Console(highlight=False, markup=False).print(show(results))


def _one(connection: Connection, query: str, *arguments: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), arguments or None).fetchone()
    if row is None:
        raise RunnerError("The database returned nothing.")
    return row
