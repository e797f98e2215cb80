"""`notify` and `alerts` as an operator types them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Database
from test_notification_delivery import Charity

from peerledger.sqlfiles import ROOT

pytestmark = pytest.mark.one_target


@pytest.fixture
def charity(database: Database) -> Charity:
    return Charity(database)


def start(charity: Charity | None, cwd: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    address = {} if charity is None else {"PEERLEDGER_DATABASE_URL": charity.conninfo}
    return subprocess.Popen(
        [sys.executable, "-m", "peerledger", *arguments],
        cwd=cwd,
        env=clean | address | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(charity: Charity | None, cwd: Path, *arguments: str, **settings: str) -> tuple[int, str, str]:
    with start(charity, cwd, *arguments, **settings) as process:
        out, errors = process.communicate(timeout=120)
    return process.returncode, out, errors


def test_notify_once_prints_what_is_due(charity: Charity, tmp_path: Path) -> None:
    charity.write(1)
    code, out, _ = run(charity, tmp_path, "notify", "--once")
    assert code == 0
    assert f"badge_awarded to mentor {charity.mentor_id}: Du har fått et nytt merke." in out
    assert "Kari" not in out
    assert out.endswith("1 sent\n")
    assert run(charity, tmp_path, "notify", "--once")[:2] == (0, "Nothing was due.\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_notify_ends_at_a_signal(charity: Charity, tmp_path: Path, number: signal.Signals) -> None:
    with start(charity, tmp_path, "notify", PEERLEDGER_NOTIFY_POLL_SECONDS="3600") as process:
        assert process.stdout is not None
        charity.write(1)
        assert "badge_awarded" in process.stdout.readline()
        time_limit = time.monotonic() + 60
        while charity.states() != {"sent": 1} and time.monotonic() < time_limit:
            time.sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [json.loads(line)["event"] for line in errors.splitlines()] == ["started", "answered", "stopped"]
    assert charity.states() == {"sent": 1}


def test_a_setting_is_named_before_a_database_is_started(tmp_path: Path) -> None:
    code, _, errors = run(None, tmp_path, "notify", "--once", PEERLEDGER_NOTIFY_TRANSPORT="webhook")
    assert (code, errors.count("\n")) == (2, 1)
    assert "PEERLEDGER_WEBHOOK_URL" in errors
    assert not (tmp_path / ".peerledger").exists()


def test_alerts_are_listed_and_acknowledged(charity: Charity, tmp_path: Path) -> None:
    assert run(charity, tmp_path, "alerts")[:2] == (0, "No alert is open.\n")
    charity.connection.execute(
        "select private.raise_alert('dead_letters', 'warning', 'Something broke.', 'test', %s)",
        (charity.organisation_id,),
    )
    alert_id = str(charity.fetch("select id from public.ops_alerts"))
    code, out, _ = run(charity, tmp_path, "alerts")
    assert code == 0
    for words in ("warning", "Nord", "Something broke.", alert_id):
        assert words in out
    assert run(charity, tmp_path, "alerts", "acknowledge", alert_id)[:2] == (0, "Acknowledged.\n")
    assert run(charity, tmp_path, "alerts")[1] == "No alert is open.\n"
    code, _, errors = run(charity, tmp_path, "alerts", "acknowledge", str(charity.mentor_id))
    assert (code, errors.count("\n")) == (1, 1)
    assert "PT404" in errors
    code, _, errors = run(charity, tmp_path, "alerts", "acknowledge", "that one")
    assert (code, errors.count("\n")) == (2, 1)
