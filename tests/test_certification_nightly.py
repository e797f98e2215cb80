"""`peerledger nightly`, as an operator runs it."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import Database
from night_steps import STEPS, define

from peerledger import nightly
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.nightly import Night, Outcome
from peerledger.sqlfiles import ROOT

pytestmark = pytest.mark.one_target

_AS_OF = date(2026, 3, 1)
_PREPARE = """
select tests.make_organisation('north');
select tests.make_coordinator('nina', 'north');
select tests.make_mentor('olga', 'north');
select tests.make_mentor('berit', 'north');
select tests.make_certificate('olga', '2026-02-28');
select tests.make_certificate('berit', '2026-03-05');
"""


@pytest.fixture
def opened(database: Database) -> RunnerDatabase:
    """As the role that migrates, which on Supabase is no superuser."""
    database.superuser().execute(_PREPARE.encode())
    return RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)


def command(opened: RunnerDatabase, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    settings = {"PEERLEDGER_DATABASE_URL": opened.conninfo, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "peerledger", "nightly", *arguments],
        cwd=tmp_path,
        env=clean | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def runs(opened: RunnerDatabase) -> list[tuple[object, ...]]:
    with opened.connect() as connection:
        return connection.execute(
            "select as_of, is_local_today, status, total_transitioned, total_reminders_sent"
            " from public.certification_expiry_runs order by started_at"
        ).fetchall()


def test_every_step_is_done_and_shown(opened: RunnerDatabase, tmp_path: Path) -> None:
    first = command(opened, tmp_path, "--as-of", "2026-03-01")
    assert first.returncode == 0, first.stderr
    for step in STEPS:
        assert step in first.stdout
    assert "1 expired, 1 reminded, 0 failed." in first.stdout
    assert "Certification run" in first.stdout
    assert "north" in first.stdout

    second = command(opened, tmp_path, "--as-of", "2026-03-01")
    assert second.returncode == 0
    assert "Nothing to do: no certificate had expired and no reminder was due." in second.stdout
    assert runs(opened) == [
        (_AS_OF, False, "succeeded", 1, 1),
        (_AS_OF, False, "succeeded", 0, 0),
    ]


def test_without_a_date_it_is_today(opened: RunnerDatabase) -> None:
    assert all(result.succeeded for result in nightly.run(opened))
    assert [(is_local, status) for _, is_local, status, *_ in runs(opened)] == [(True, "succeeded")]


@pytest.mark.parametrize("given", ["tomorrow", "2026-02-30", "01.03.2026"])
def test_an_invalid_date_is_rejected(opened: RunnerDatabase, tmp_path: Path, given: str) -> None:
    result = command(opened, tmp_path, "--as-of", given)
    assert result.returncode == 2
    assert "--as-of" in result.stderr
    assert runs(opened) == []


def test_a_failing_step_does_not_stop_the_others(
    database: Database, opened: RunnerDatabase, tmp_path: Path
) -> None:
    database.superuser().execute(
        "alter table public.certification_expiry_runs"
        " add constraint never check (status <> 'succeeded') not valid"
    )
    result = command(opened, tmp_path, "--as-of", "2026-03-01")
    assert result.returncode == 1
    outcomes = {step: line for step in STEPS for line in result.stdout.splitlines() if f"│ {step} " in line}
    assert "failed" in outcomes.pop("certification expiry")
    assert all("failed" not in line for line in outcomes.values())
    assert len(outcomes) == len(STEPS) - 1
    assert "Traceback" not in result.stdout + result.stderr
    # The begun run is in the ledger; what it did is undone.
    assert runs(opened) == [(_AS_OF, False, "running", 0, 0)]


def test_a_run_beside_another_is_a_failed_step(database: Database, opened: RunnerDatabase) -> None:
    other = database.superuser()
    with other.transaction():
        other.execute("select public.begin_certification_run()")
        results = nightly.run(opened, _AS_OF)
    (failed,) = (result for result in results if not result.succeeded)
    assert failed.name == "certification expiry"
    assert "Another expiry run is in progress." in failed.line


@pytest.mark.parametrize(
    "error", [RunnerError("The line is down."), KeyError("secret")], ids=["ours", "a fault"]
)
def test_every_exception_of_a_step_is_contained(
    database: Database, opened: RunnerDatabase, error: Exception
) -> None:
    def fail(_: Night) -> Outcome:
        raise error

    define(database.superuser(), "first", "second")
    results = nightly.run(opened, work={"first": fail, "second": lambda _: Outcome("Done.")})
    assert [(result.name, result.succeeded) for result in results] == [("first", False), ("second", True)]
    assert results[0].line in ("The line is down.", "KeyError: an internal error of the runner.")


def test_badges_are_reconciled_since_the_last_night(database: Database, opened: RunnerDatabase) -> None:
    """An activity of two days ago is looked at again only when no night came in between."""
    superuser = database.superuser()
    superuser.execute("select tests.make_activity('walk', 'olga')")
    superuser.execute("alter table public.activities disable trigger user")
    superuser.execute("update public.activities set updated_at = now() - interval '47 hours'")

    def scanned() -> str:
        return next(r.line for r in nightly.run(opened) if r.name == "badge reconciliation")

    superuser.execute("alter table public.activities enable trigger user")
    superuser.execute(
        "insert into public.job_runs (job, business_date, state, started_at, finished_at, organisation_id)"
        " select 'badge_reconciliation', '2026-01-01', 'ran', now() - interval '2 days', now(), id"
        " from public.organisations"
    )
    assert scanned().startswith("1 activities")
    assert scanned().startswith("0 activities")
