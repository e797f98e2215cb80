"""`sync`, `check-credentials` and `reconcile website`, as an operator calls them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Database
from website import PATIENCE, Website, make_website

from peerledger.sqlfiles import ROOT
from standin import Fault, StandIn

pytestmark = pytest.mark.one_target


@pytest.fixture(scope="module")
def shared_standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def website(database: Database, shared_standin: StandIn) -> Website:
    shared_standin.faults.clear()
    shared_standin.table.rows.clear()
    shared_standin.journal.clear()
    return make_website(database, shared_standin)


def environment(website: Website, **changes: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    return {
        **clean,
        "PYTHONPATH": str(ROOT),
        "PEERLEDGER_DATABASE_URL": website.runner_database.conninfo,
        **website.standin.settings(),
        **{f"PEERLEDGER_{name}": value for name, value in changes.items()},
    }


def run(website: Website, cwd: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "peerledger", *arguments],
        cwd=cwd,
        env=environment(website, **changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE,
    )
    assert "Traceback" not in result.stderr, result.stderr
    secret = website.standin.entra.client_secret
    assert secret is not None
    assert secret not in result.stdout + result.stderr
    return result


def assert_one_line(result: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert (result.returncode, result.stderr.count("\n")) == (code, 1), result.stderr
    for word in words:
        assert word in result.stderr


def until(reached: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def end_in_the_middle(website: Website, process: "subprocess.Popen[Any]", released: threading.Event) -> None:
    """SIGTERM while requests are on their way and mentors wait; no answer before these are given back."""
    until(lambda: website.standin.journal.in_flight == 52 and website.in_progress() > 52)
    process.send_signal(signal.SIGTERM)
    until(lambda: website.in_progress() == 52)
    released.set()


def test_sync_once(website: Website, tmp_path: Path) -> None:
    website.add_mentors(30)
    website.add_mentors(20, status="withdrawn")
    result = run(website, tmp_path, "sync", "--once")
    assert result.returncode == 0, result.stderr
    assert "removed from the website" in result.stdout
    assert " 20 " in result.stdout
    assert " 30 " in result.stdout
    assert website.shown_wrongly() == []

    website.add_mentors(1)
    website.standin.faults.add(Fault(status=503))
    assert run(website, tmp_path, "sync", "--once").returncode == 1


def test_break_glass(website: Website, tmp_path: Path) -> None:
    website.add_mentors(3, status="withdrawn")
    website.do("select public.pause_hlf_sync(null, 'credentials_refused')")
    usual = {"DYNAMICS_CLIENT_SECRET": "wrong"}
    result = run(website, tmp_path, "sync", "--once", **usual)
    assert result.returncode == 1
    assert "Entra refused a token" in result.stderr

    file = tmp_path / "other.toml"
    file.write_text(f'client_secret = "{website.standin.entra.client_secret}"\n')
    file.chmod(0o644)
    result = run(website, tmp_path, "sync", "--once", "--credentials", str(file), **usual)
    assert result.returncode == 0, result.stderr
    assert "chmod 600" in result.stderr
    assert website.shown_wrongly() == []
    assert [outcome for _, outcome, *_ in website.log()] == ["success"] * 3
    file.chmod(0o600)
    assert "chmod" not in run(website, tmp_path, "sync", "--once", "--credentials", str(file), **usual).stderr


def test_a_missing_setting_is_named(website: Website, tmp_path: Path) -> None:
    for command in (["sync"], ["sync", "--once"], ["check-credentials"], ["reconcile", "website"]):
        result = run(website, tmp_path, *command, DYNAMICS_TENANT_ID="")
        assert_one_line(result, 2, "PEERLEDGER_DYNAMICS_TENANT_ID")
    result = run(website, tmp_path, "sync", DYNAMICS_CREDENTIALS_FILE="missing.toml")
    assert_one_line(result, 2, "missing.toml")
    file = tmp_path / "some.toml"
    file.write_text('[organisations.south]\nclient_secret = "s"\n')
    file.chmod(0o600)
    assert_one_line(run(website, tmp_path, "sync", "--credentials", str(file)), 2, "south")


def test_each_refusal_of_entra_names_its_remedy(website: Website, tmp_path: Path) -> None:
    entra = website.standin.entra
    for changes, expired, words in (
        ({"DYNAMICS_CLIENT_SECRET": "wrong"}, False, "the client secret is wrong"),
        ({}, True, "the client secret has expired"),
        ({"DYNAMICS_CLIENT_ID": "11111111-1111-4111-8111-111111111111"}, False, "no such application"),
        ({"DYNAMICS_TENANT_ID": "11111111-1111-4111-8111-111111111111"}, False, "no such tenant"),
    ):
        entra.secret_has_expired = expired
        try:
            result = run(website, tmp_path, "check-credentials", **changes)
        finally:
            entra.secret_has_expired = False
        assert (result.returncode, words in result.stdout) == (1, True), result.stdout


def test_check_credentials(website: Website, tmp_path: Path) -> None:
    result = run(website, tmp_path, "check-credentials")
    assert (result.returncode, result.stderr) == (0, "")
    assert "accept" in result.stdout

    result = run(website, tmp_path, "check-credentials", DYNAMICS_CLIENT_SECRET="wrong")
    assert result.returncode == 1
    assert "Entra refused a token" in result.stdout
    assert website.value("select count(*) from public.hlf_sync_pauses") == 1
    assert website.value("select count(*) from public.ops_alerts where kind = 'auth_failure'") == 1

    website.standin.faults.add(Fault(status=403))
    result = run(website, tmp_path, "check-credentials")
    assert result.returncode == 1
    assert "HTTP 403" in result.stdout

    assert run(website, tmp_path, "check-credentials").returncode == 0
    assert website.value("select count(*) from public.hlf_sync_pauses") == 0

    website.standin.faults.add(Fault(status=503))
    assert run(website, tmp_path, "check-credentials").returncode == 1
    assert website.value("select count(*) from public.hlf_sync_pauses") == 0, "an outage is no refusal"


def test_reconcile_website(website: Website, tmp_path: Path) -> None:
    shown, hidden, *_ = website.add_mentors(5)
    (withdrawn,) = website.add_mentors(1, status="withdrawn")
    website.sync_once()
    website.standin.add_contact(listed=True)
    website.standin.table.put(website.contact_of[hidden], {"hlf_listed": False})
    website.standin.table.put(website.contact_of[withdrawn], {"hlf_listed": True})
    result = run(website, tmp_path, "reconcile", "website")
    assert result.returncode == 0, result.stderr
    counts = {
        line.split("│")[1].strip(): line.split("│")[2].strip() for line in result.stdout.splitlines()[3:-1]
    }
    assert counts["mentors shown correctly"] == "4"
    assert counts["queued for removal from the website"] == "1"
    assert counts["queued to be added to the website"] == "1"
    assert counts["listed, but not one of our mentors"] == "1"
    assert website.sync_once().is_good
    assert website.shown_wrongly() == []
    events = {event for (event,) in website.rows("select triggered_by_event from public.hlf_sync_audit_log")}
    assert "reconciliation" in events
    assert website.is_listed(shown)


def test_a_listing_that_breaks_off_is_not_compared(website: Website, tmp_path: Path) -> None:
    website.add_mentors(1_500)
    website.sync_once()
    website.standin.faults.add(Fault(), Fault(status=403))
    assert_one_line(run(website, tmp_path, "reconcile", "website"), 1, "HTTP 403", "Nothing was compared")
    assert website.value("select count(*) from public.hlf_sync_state where state <> 'synced'") == 0
    assert website.value("select count(*) from public.ops_alerts") == 0


def test_sigterm_ends_the_worker_when_it_has_finished_what_it_holds(
    website: Website, tmp_path: Path, released: threading.Event
) -> None:
    website.add_mentors(300)
    website.hold_all_but_one(released)
    process = subprocess.Popen(
        [sys.executable, "-m", "peerledger", "sync"],
        cwd=tmp_path,
        env=environment(website),
        stderr=subprocess.PIPE,
    )
    with process:
        end_in_the_middle(website, process, released)
        _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, b"")
    assert len(website.log()) == len(website.standin.journal.patches()) == 53
    assert website.in_progress() == 0


def test_a_database_that_is_not_migrated(website: Website, tmp_path: Path) -> None:
    website.do("drop function public.claim_hlf_sync cascade")
    result = run(website, tmp_path, "sync", "--once")
    assert_one_line(result, 1, "peerledger migrate")
