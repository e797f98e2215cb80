"""`worker`: as it runs for days, against a stand-in for Dynamics; its schedule, its metrics, its end."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from conftest import Database
from http_receiver import receiver
from night_steps import STEPS
from test_dynamics_cli import assert_one_line, end_in_the_middle, environment, until
from website import PATIENCE, Website, make_website

from peerledger import nightly
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import NoConnectionError
from peerledger.settings import Settings
from peerledger.sqlfiles import ROOT
from peerledger.worker import Pace, Worker, nightly_trigger
from standin import StandIn

pytestmark = pytest.mark.one_target

OSLO = ZoneInfo("Europe/Oslo")


@pytest.fixture(scope="module")
def shared_standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def website(database: Database, shared_standin: StandIn) -> Website:
    shared_standin.faults.clear()
    shared_standin.table.rows.clear()
    shared_standin.journal.clear()
    made = make_website(database, shared_standin)
    made.do(
        "insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)"
        " values (%s, '00:00', '00:00')",
        made.organisation_id,
    )
    return made


def command(environment: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "peerledger", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE,
    )


def zone_where_it_is_noon() -> str:
    """Or nearly: there the time of the night has passed, and the next one is far."""
    hours = 12 - datetime.now(UTC).hour
    # The signs of these names are the wrong way round.
    return f"Etc/GMT{-hours:+d}"


class Running:
    """A worker process, and what it has printed and logged."""

    def __init__(self, process: subprocess.Popen[str], directory: Path) -> None:
        self.process = process
        self.directory = directory

    @property
    def printed(self) -> str:
        return (self.directory / "out").read_text()

    @property
    def logged(self) -> str:
        return (self.directory / "err").read_text()

    @property
    def events(self) -> list[dict[str, Any]]:
        # Without a line that is only half there.
        return [json.loads(line) for line in self.logged.splitlines(keepends=True) if line.endswith("\n")]

    def said(self, event: str) -> bool:
        return any(each["event"] == event for each in self.events)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def worker(environment: dict[str, str], cwd: Path, *arguments: str) -> Iterator[Running]:
    with (cwd / "out").open("w") as out, (cwd / "err").open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "peerledger", "worker", *arguments],
            cwd=cwd,
            env=environment,
            stdout=out,
            stderr=err,
            text=True,
        )
        running = Running(process, cwd)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def test_the_worker_does_everything(website: Website, tmp_path: Path) -> None:
    """An activity brings a badge and its message; an expired certificate takes its mentor off the website."""
    (mentor,) = website.add_mentors(1)
    website.do("update public.peer_mentors set user_id = gen_random_uuid() where id = %s", mentor)
    website.do(
        "insert into public.badge_definitions (organisation_id, slug, name, criteria)"
        " values (%s, 'first', 'First', '{\"metric\": \"activity_count\", \"at_least\": 1}')",
        website.organisation_id,
    )
    # A poll would come when patience has long ended.
    settings = environment(website, NIGHTLY_ZONE=zone_where_it_is_noon(), NOTIFY_POLL_SECONDS="3600")
    with worker(settings, tmp_path) as running:
        until(lambda: website.is_listed(mentor))
        # Its first night it runs at once, for tonight's time has passed.
        until(lambda: len([each for each in running.events if each["event"] == "step"]) == len(STEPS))

        website.do(
            "insert into public.activities"
            " (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)"
            " values (%s, %s, 'walk', current_date, 30)",
            website.organisation_id,
            mentor,
        )
        until(lambda: f"badge_awarded to mentor {mentor}" in running.printed)
        until(lambda: website.value("select count(*) from public.notifications where state = 'sent'") == 1)

        website.do(
            "insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)"
            " values (%s, %s, current_date - 400, current_date - 3)",
            website.organisation_id,
            mentor,
        )
        night = command(settings, tmp_path, "nightly")
        assert night.returncode == 0, night.stdout
        until(lambda: not website.is_listed(mentor))
        until(lambda: website.state(mentor) == "synced")
        until(lambda: "certification_expired to mentor" in running.printed)
        assert running.end() == 0
    assert [outcome for _, outcome, *_ in website.log(mentor)] == ["success", "success"]
    assert [each["event"] for each in running.events][-1] == "stopped"
    # Every line is one of ours: ids, numbers and words, and never the mentor's.
    assert "Kari" not in running.logged + running.printed
    status = command(settings, tmp_path, "status", "--json")
    assert (status.returncode, json.loads(status.stdout)["problems"]) == (0, [])


def test_without_dynamics_the_sync_is_off_and_says_so(website: Website, tmp_path: Path) -> None:
    clean = {k: v for k, v in environment(website).items() if not k.startswith("PEERLEDGER_DYNAMICS")}
    with worker(clean, tmp_path) as running:
        until(lambda: running.said("started"))
        assert running.end() == 0
    off = [each for each in running.events if each["event"] == "sync_is_off"]
    assert [each["reason"] for each in off] == [nightly.NO_DYNAMICS]
    assert (
        next(e for e in running.events if e["event"] == "started")["parts"] == "notifications, seal, nightly"
    )


@pytest.mark.parametrize(
    ("arguments", "changes", "named"),
    [
        ([], {"DYNAMICS_TENANT_ID": ""}, "PEERLEDGER_DYNAMICS_TENANT_ID"),
        ([], {"NOTIFY_TRANSPORT": "webhook"}, "PEERLEDGER_WEBHOOK_URL"),
        ([], {"NIGHTLY_AT": "late"}, "PEERLEDGER_NIGHTLY_AT"),
        ([], {"NIGHTLY_ZONE": "Mars/Olympus"}, "PEERLEDGER_NIGHTLY_ZONE"),
        ([], {"METRICS_PORT": "0"}, "PEERLEDGER_METRICS_PORT"),
        ([], {"METRICS_HOST": "everywhere"}, "PEERLEDGER_METRICS_HOST"),
        ([], {"ALERT_URLS": "pigeon://loft"}, "PEERLEDGER_ALERT_URLS"),
        (["--only", "alerts"], {}, "PEERLEDGER_ALERT_URLS"),
        (["--only", "everything"], {}, "everything"),
    ],
)
def test_a_wrong_setting_is_named_before_it_starts(
    website: Website, tmp_path: Path, arguments: list[str], changes: dict[str, str], named: str
) -> None:
    result = command(environment(website, **changes), tmp_path, "worker", *arguments)
    assert_one_line(result, 2, named)


def test_the_sync_alone_needs_its_settings(website: Website, tmp_path: Path) -> None:
    clean = {k: v for k, v in environment(website).items() if not k.startswith("PEERLEDGER_DYNAMICS")}
    assert_one_line(command(clean, tmp_path, "worker", "--only", "sync"), 2, "PEERLEDGER_DYNAMICS_URL")


def test_sigterm_leaves_nothing_half_done(
    website: Website, tmp_path: Path, released: threading.Event
) -> None:
    website.add_mentors(200)
    website.hold_all_but_one(released)
    with worker(environment(website), tmp_path, "--only", "sync", "--only", "notifications") as running:
        end_in_the_middle(website, running.process, released)
        assert running.process.wait(timeout=PATIENCE) == 0
    assert len(website.log()) == len(website.standin.journal.patches()) == 53
    assert website.in_progress() == 0


def fetch(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def port_for_good() -> int:
    """Free, and below those that a system gives to whoever asks for any: the worker finds it free too."""
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("no port is free")


def test_metrics_report_the_state_of_the_database(website: Website, tmp_path: Path) -> None:
    website.add_mentors(3, status="withdrawn")
    website.do("update public.hlf_removals set wanted_at = now() - interval '1 hour'")
    website.do("select private.raise_alert('audit_write_failed', 'critical', 'Test.', 'test')")
    port = port_for_good()
    settings = environment(website, METRICS_PORT=str(port))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = command(settings, tmp_path, "worker", "--only", "notifications")
        assert refused.returncode == 2
        assert "PEERLEDGER_METRICS_PORT" in refused.stderr.splitlines()[-1]
    with worker(settings, tmp_path, "--only", "notifications") as running:
        until(lambda: running.said("started"))
        assert fetch(port, "/alive") == (200, "alive\n")
        assert fetch(port, "/ready") == (200, "ready\n")
        code, text = fetch(port, "/metrics")
        shown = {
            name: float(value)
            for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        }
        assert code == 200
        assert shown["peerledger_sync_pending"] == 3
        assert 3600 <= shown["peerledger_oldest_removal_seconds"] < 3700
        assert shown['peerledger_sync_attempts_last_day{outcome="success"}'] == 0
        assert shown['peerledger_open_alerts{severity="critical"}'] == 1
        assert shown["peerledger_audit_write_failures"] == 1
        assert shown["peerledger_last_good_night_seconds"] != shown["peerledger_last_good_night_seconds"]
        assert shown['peerledger_part_running{part="notifications"}'] == 1
        website.do("alter table public.hlf_removals rename to elsewhere")
        assert fetch(port, "/ready")[0] == 503
        assert "peerledger_database_up 0.0" in fetch(port, "/metrics")[1]
        assert fetch(port, "/alive")[0] == 200
        assert running.end() == 0


def test_somebody_is_told_and_the_metrics_are_where_they_were_asked_for(
    website: Website, tmp_path: Path
) -> None:
    port = port_for_good()
    with receiver() as operator:
        address = operator.url.replace("http://", "json://user:hemmelig@")
        settings = environment(
            website,
            ALERT_URLS=f"{address}/hook",
            ALERT_SECONDS="0.1",
            METRICS_HOST="127.0.0.2",
            METRICS_PORT=str(port),
        )
        with worker(settings, tmp_path, "--only", "alerts") as running:
            until(lambda: running.said("started"))
            assert fetch(port, "/alive", "127.0.0.2") == (200, "alive\n")
            with pytest.raises(urllib.error.URLError):
                fetch(port, "/alive")
            website.do("select private.raise_alert('audit_write_failed', 'critical', 'Lost.', 'test')")
            until(lambda: any("Lost." in request.json["message"] for request in operator.received("/hook")))
            website.do("update public.ops_alerts set acknowledged_at = now()")
            until(
                lambda: any(
                    "[over] Lost." in request.json["message"] for request in operator.received("/hook")
                )
            )
            assert running.end() == 0
        assert sum("[critical] Lost." in request.json["message"] for request in operator.requests) == 1
        assert "hemmelig" not in running.logged + running.printed


def test_at_its_start_it_waits_for_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, told = [0.0], list[str]()
    monkeypatch.setattr("time.sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    class Away(RunnerDatabase):
        def connect(self, **options: Any) -> Any:
            if clock[0] < 40:
                raise NoConnectionError("No connection.")
            return contextlib.nullcontext()

    database = Away("", is_embedded=False, psql=None)
    database.wait(60, told.append)
    assert (clock[0], told) == (40, ["No connection. Retrying."])
    clock[0] = 0
    with pytest.raises(NoConnectionError):
        database.wait(30, told.append)
    assert clock[0] == 30


def test_a_server_that_goes_away_while_it_is_asked_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    answers = [psycopg.OperationalError("server closed the connection"), None]
    told = list[str]()

    class Shaky(RunnerDatabase):
        def connect(self, **options: Any) -> Any:
            return contextlib.nullcontext()

    def ask(_: Any) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    Shaky("", is_embedded=False, psql=None).wait(60, told.append, until=ask)
    assert (answers, told) == ([], ["server closed the connection Retrying."])


def test_a_part_that_crashes_is_started_again(website: Website) -> None:
    """With an alert, one for all its crashes, while the others go on."""
    tries: list[float] = []

    async def work() -> Worker:
        made = Worker(
            website.runner_database,
            Settings.model_construct(),
            parts=("sync", "notifications"),
            pace=Pace(first_restart=0.01, longest_restart=0.04),
        )

        async def crash() -> None:
            tries.append(time.monotonic())
            if len(tries) > 4:
                await made.stop.wait()
            else:
                raise ExceptionGroup("several", [ValueError("a secret")])

        made._sync = crash  # type: ignore[method-assign]
        async with asyncio.timeout(PATIENCE):
            running = asyncio.create_task(made.run())
            while len(tries) < 5 or made.states["notifications"] != "running":
                await asyncio.sleep(0.02)
            assert made.states == {"sync": "running", "notifications": "running"}
            made.stop.set()
            await running
        return made

    made = asyncio.run(work())
    assert made.states == {"sync": "stopped", "notifications": "stopped"}
    assert website.rows("select kind, count(*) from public.ops_alerts group by kind") == [
        ("worker_part_failed", 1)
    ]


@pytest.mark.parametrize("at", [clock(3, 15), clock(2, 30), clock(0, 0), clock(23, 59)], ids=str)
@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)], ids=str)
def test_there_is_one_nightly_run_a_day_across_clock_changes(at: clock, change: date) -> None:
    """02:30 does not exist on 29 March 2026 and comes twice on 25 October; 03:15 is always there once."""
    trigger = nightly_trigger(Settings.model_construct(nightly_at=at))
    now = datetime.combine(change - timedelta(days=3), clock(0, 0, 1), OSLO)
    fired: list[datetime] = []
    for _ in range(7):
        fired.append(trigger.get_next_fire_time(fired[-1] if fired else None, now))
        now = fired[-1] + timedelta(seconds=1)
    days = [each.astimezone(OSLO).date() for each in fired]
    assert days == [days[0] + timedelta(days=n) for n in range(7)]
    if at == clock(3, 15):
        assert {each.astimezone(OSLO).time() for each in fired} == {at}
        hours = {(later - earlier).total_seconds() / 3600 for earlier, later in pairwise(fired)}
        assert hours == ({23, 24} if change.month == 3 else {24, 25})


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-10-25T03:14+01:00", "2026-10-24T03:15+02:00"),
        ("2026-10-25T03:15+01:00", "2026-10-25T03:15+01:00"),
        ("2026-03-29T23:00+02:00", "2026-03-29T03:15+02:00"),
    ],
)
def test_the_last_due_time_is_known(now: str, last: str) -> None:
    trigger = nightly_trigger(Settings.model_construct())
    assert trigger.last_fire_time(datetime.fromisoformat(now)) == datetime.fromisoformat(last)


def test_the_worker_runs_on_the_embedded_database(data_directory: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    result = command(clean | {"PYTHONPATH": str(ROOT)}, data_directory, "worker")
    assert_one_line(result, 1, "peerledger migrate")
