"""Fourteen nights in which everything goes wrong that can: in the end each of them is accounted for.

The clock is ours: nights are run as of their dates, and what waits is made due. The fortnight is the one in
which the clocks go back in Norway, on 25 October 2026.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from http_receiver import Answer, Receiver, receiver
from night_steps import STEPS
from test_website_sync_faults import Server
from website import QUICK

from peerledger import nightly, status
from peerledger.database import Database
from peerledger.dynamics.limits import RequestLimits
from peerledger.notify.delivery import Delivery
from peerledger.notify.webhook import Webhook
from peerledger.settings import Settings
from peerledger.sqlfiles import ROOT
from peerledger.website_sync import WebsiteSync
from standin import Fault, StandIn

OSLO = ZoneInfo("Europe/Oslo")
FIRST = date(2026, 10, 19)
SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="


class Fortnight:
    """One charity on its own server, its website, and a receiver of its messages."""

    def __init__(self, directory: Path, standin: StandIn, hooks: Receiver) -> None:
        self.server = Server(directory)
        self.database = Database(self.server.address, True, None)
        self.standin = standin
        self.hooks = hooks
        given = {
            name.removeprefix("PEERLEDGER_").lower(): value for name, value in standin.settings().items()
        }
        self.settings = Settings.model_validate(given)
        self.connect()
        self.do(
            "insert into public.organisations (slug, name, created_at)"
            " values ('north', 'North', '2026-01-01')"
        )
        self.organisation_id: UUID = self.value("select id from public.organisations")
        self.do(
            "insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)"
            " values (%s, '00:00', '00:00')",
            self.organisation_id,
        )
        self.do(
            "insert into public.badge_definitions (organisation_id, slug, name, criteria) values"
            " (%s, 'first', 'First', '{\"metric\": \"activity_count\", \"at_least\": 1}')",
            self.organisation_id,
        )
        # Mentor n's certificate ends n days into the fortnight, the last four's long after it.
        self.mentors: list[UUID] = []
        for number in range(18):
            contact = standin.add_contact(listed=False)
            mentor = self.value(
                "insert into public.peer_mentors"
                " (organisation_id, display_name, email, dynamics_contact_id, user_id)"
                " values (%s, 'M', 'm@example.org', %s, gen_random_uuid()) returning id",
                self.organisation_id,
                contact,
            )
            self.do(
                "insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)"
                " values (%s, %s, %s, %s)",
                self.organisation_id,
                mentor,
                FIRST - timedelta(days=300),
                FIRST + timedelta(days=number if number < 14 else number + 30),
            )
            self.mentors.append(mentor)

    def connect(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()
        self.connection: psycopg.Connection[tuple[Any, ...]] = psycopg.connect(
            self.server.address, autocommit=True
        )

    def do(self, statement: str, *values: object) -> None:
        self.connection.execute(statement.encode(), values or None)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), values or None).fetchall()

    def value(self, query: str, *values: object) -> Any:
        return self.rows(query, *values)[0][0]

    def at(self, day: int, hour: float = 3.25) -> datetime:
        """By the clocks of Norway, whichever they are."""
        return datetime.combine(
            FIRST + timedelta(days=day), (datetime.min + timedelta(hours=hour)).time(), OSLO
        ).astimezone(UTC)

    def night(self, day: int) -> dict[str, str]:
        results = nightly.run(self.database, settings=self.settings, again=False, at=self.at(day))
        return {result.name: result.state for result in results if result.state != "done"}

    def work(self) -> None:
        """What a worker does in a day: whatever waits becomes due, and is sent."""
        self.do("update public.hlf_sync_state set next_attempt_at = now() where state = 'pending'")
        self.do("update public.notifications set next_attempt_at = now() where state = 'pending'")

        async def both() -> None:
            from peerledger.dynamics.credentials import load_accounts

            sync = WebsiteSync(
                self.database, load_accounts(self.settings), limits=RequestLimits(52), once=True, pace=QUICK
            )
            async with Webhook(self.hooks.url + "/hook", SECRET) as transport:
                delivery = Delivery(self.database.conninfo, transport, 0.1)
                async with asyncio.timeout(60):
                    await asyncio.gather(sync.run(), delivery.run_once(asyncio.Event()))

        asyncio.run(both())

    def problems(self, day: int, hour: float = 12) -> str:
        """As `status` says them at that hour."""
        state = status.read(self.database, self.settings, at=self.at(day, hour))
        return "\n".join(f"{problem.code}: {problem.message}" for problem in state.problems)

    def date(self, day: int) -> date:
        return FIRST + timedelta(days=day)

    def states(self, day: int) -> Counter[str]:
        rows = self.rows(
            "select state, count(*) from public.job_runs as run where business_date = %s"
            " and (organisation_id is not null or not exists (select from public.job_runs as own"
            " where own.job = run.job and own.organisation_id is not null)) group by 1",
            self.date(day),
        )
        return Counter(dict(rows))

    def acknowledge(self) -> None:
        self.do("update public.ops_alerts set acknowledged_at = now() where acknowledged_at is null")

    def shown_wrongly(self) -> list[UUID]:
        listed = self.standin.listed()
        wanted = self.rows("select id, status = 'active', dynamics_contact_id from public.peer_mentors")
        return [mentor for mentor, is_active, contact in wanted if listed[contact] != is_active]


@pytest.fixture
def fortnight(data_directory: Path) -> Iterator[Fortnight]:
    with StandIn() as standin, receiver() as hooks:
        made = Fortnight(data_directory, standin, hooks)
        yield made
        made.connection.close()


_KILLED_NIGHT = """
import sys, time
from datetime import datetime
from peerledger import nightly
from peerledger.database import Database

def hang(night):
    time.sleep(600)

work = {**nightly.WORK, "badge_reconciliation": hang}
at = datetime.fromisoformat(sys.argv[2])
nightly.run(Database(sys.argv[1], True, None), work=work, again=False, at=at)
"""


def start(fortnight: Fortnight, *arguments: str) -> subprocess.Popen[bytes]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    settings = {
        "PYTHONPATH": str(ROOT),
        "PEERLEDGER_DATABASE_URL": fortnight.server.address,
        "PEERLEDGER_NOTIFY_TRANSPORT": "webhook",
        "PEERLEDGER_WEBHOOK_URL": fortnight.hooks.url + "/hook",
        "PEERLEDGER_WEBHOOK_SECRET": SECRET,
    }
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=clean | settings | fortnight.standin.settings(),
        stderr=subprocess.DEVNULL,
    )


def until(reached: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_every_night_of_a_fortnight_is_accounted_for(fortnight: Fortnight) -> None:
    f = fortnight
    assert f.problems(0, 1) == "no_night_yet: The nightly jobs have never run."

    # 19 and 20 October: as it should be. A certificate is valid through its last day.
    assert f.night(0) == {}
    f.work()
    assert f.problems(0) == ""
    assert f.night(1) == {}
    f.work()
    assert f.problems(1) == ""
    assert f.rows("select status from public.peer_mentors where id = %s", f.mentors[0]) == [("expired_cert",)]
    assert f.shown_wrongly() == []

    # 21 and 22: nobody comes. 23: they are made up for.
    assert f.problems(2) == "night_late: No nightly run was completed within the last 26 hours."
    assert "Nights that are not accounted for: 2026-10-21." in f.problems(3)
    assert "Nights that are not accounted for: 2026-10-21, 2026-10-22." in f.problems(4, 1)
    assert f.night(4) == {}
    f.work()
    assert f.states(2) == f.states(3) == {"caught_up": 5}
    assert f.problems(4).startswith("night_without_run: The nightly jobs of 2 nights since 2026-10-21")
    f.acknowledge()
    assert f.problems(4) == ""

    # 24: killed in the middle, and begun again.
    process = start(f, "-c", _KILLED_NIGHT, f.server.address, f.at(5).isoformat())
    until(
        lambda: f.rows("select from public.job_runs where state = 'running' and job = 'badge_reconciliation'")
    )
    state = status.read(f.database, f.settings, at=f.at(5, 3.5))
    assert state.numbers["night_in_progress"] is True
    kill(process)
    until(lambda: "badge reconciliation" in f.problems(5))
    assert (
        f.problems(5) == "night_failed: Tonight these steps failed or were interrupted: badge reconciliation."
    )
    assert f.night(5) == {}
    f.work()
    # Of the day itself, not caught up; Dynamics was unknown to the one that was killed.
    assert f.states(5) == {"ran": 4, "skipped": 1}
    assert f.problems(5) == ""

    # 25: the hour from two to three comes twice. Asked twice, the night is done once.
    assert f.at(6) - f.at(5) == timedelta(hours=25)
    assert f.night(6) == f.night(6) == {}
    f.work()
    assert f.states(6) == {"ran": 5}
    assert f.rows("select max(attempts) from public.job_runs where business_date = %s", f.date(6)) == [(1,)]
    assert f.problems(6) == ""

    # 26 and 27: Dynamics is away. Mentors expire, and stay listed; that is said.
    f.standin.stop_listening()
    for day in (7, 8):
        assert set(f.night(day)) == {"credential check", "website reconciliation"}
        f.work()
    assert len(f.shown_wrongly()) == 2
    f.do("update public.hlf_removals set wanted_at = %s where confirmed_at is null", f.at(8))
    said = f.problems(8)
    for words in (
        "credential_check_failed",
        "nightly_failed",
        "website_removal_overdue: A removal from the website of ",
        "Tonight these steps failed or were interrupted: credential check, website reconciliation.",
        "Nights that are not accounted for: 2026-10-26.",
    ):
        assert words in said, said
    f.standin.listen_again()
    assert f.night(9) == {}
    f.work()
    assert f.shown_wrongly() == []
    assert f.problems(9).count("\n") == 0, (
        "what is over is closed by itself; that nights were incomplete stays"
    )
    f.acknowledge()
    assert f.problems(9) == ""

    # 29: nobody takes messages.
    f.hooks.answer("/hook", Answer(503))
    assert f.night(10) == {}
    before = len(f.hooks.requests)
    f.work()
    refused = {request.headers["webhook-id"] for request in f.hooks.requests[before:]}
    assert refused
    del f.hooks.requests[before:]
    f.do("update public.notifications set next_attempt_at = %s where state = 'pending'", f.at(10))
    assert (
        f.problems(10)
        == "messages_overdue: Messages have been due for more than an hour, and nobody sends them."
    )
    f.hooks.answer("/hook", Answer(200))
    f.work()
    assert f.problems(10) == ""

    # 30: the worker is killed while it sends, and then the server.
    assert f.night(11) == {}
    f.do(
        "insert into public.activities"
        " (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)"
        " select organisation_id, id, 'walk', %s, 30 from public.peer_mentors",
        FIRST,
    )
    f.do("update public.notifications set next_attempt_at = now() where state = 'pending'")
    f.hooks.answer("/hook", *[Answer(200)] * 3, Answer(hangs=True))
    f.standin.faults.always = Fault(latency=2)
    process = start(f, "-m", "peerledger", "worker", "--only", "sync", "--only", "notifications")
    in_progress = "select id::text from public.notifications where state = 'in_progress'"
    until(lambda: f.rows(in_progress) and len(f.hooks.received("/hook")) > before + 3)
    kill(process)
    perhaps_twice = {key for (key,) in f.rows(in_progress)}
    f.server.restart()
    f.connect()
    f.hooks.released.set()
    f.hooks.answer("/hook", Answer(200))
    f.standin.faults.always = None
    f.do(
        "update public.notifications set lease_expires_at = now(), next_attempt_at = now()"
        " where state = 'in_progress'"
    )
    f.do("update public.hlf_sync_state set lease_expires_at = now() where state = 'in_progress'")
    f.work()
    assert f.problems(11) == ""

    for day in (12, 13):
        assert f.night(day) == {}
        f.work()
        assert f.problems(day) == ""

    # Every night is accounted for.
    assert f.rows("select * from public.find_missed_nights(%s)", f.at(14, 1)) == []
    days = f.rows("select business_date, count(*) from public.job_runs group by 1 order by 1")
    # Three of the steps have a row for the one organisation beside that for all together.
    assert days == [(f.date(day), len(STEPS) + 3) for day in range(14)]
    assert f.rows(
        "select count(*) from public.job_runs where state not in ('ran', 'caught_up', 'skipped')"
    ) == [(0,)]
    # Nothing is lost: who expired is off the website, and every message arrived.
    expired = f.rows("select count(*) from public.peer_mentors where status = 'expired_cert'")
    assert expired == [(13,)]
    assert f.shown_wrongly() == []
    assert f.rows("select distinct state from public.hlf_sync_state") == [("synced",)]
    assert f.rows("select distinct state from public.notifications") == [("sent",)]
    arrived = Counter(request.headers["webhook-id"] for request in f.hooks.requests)
    assert set(arrived) == {key for (key,) in f.rows("select id::text from public.notifications")}
    # Nothing is sent twice, but for what a killed worker had under way: that has the same id.
    assert {key for key, count in arrived.items() if count > 1} <= perhaps_twice
    assert f.rows("select * from public.find_duplicate_transitions()") == []
    twice = "select from public.mentor_status_changes group by mentor_id, new_status having count(*) > 1"
    assert f.rows(twice) == []
