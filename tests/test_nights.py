"""The ledger of the nights, as the runner keeps it: ran, caught up, failed, or skipped and why."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from conftest import Database

from peerledger import nightly
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.nightly import NO_DYNAMICS, STEPS, SWITCHED_OFF, Night, Outcome, Step
from peerledger.settings import Settings
from standin import StandIn

pytestmark = pytest.mark.two_targets

FIRST = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)


def settings(**given: Any) -> Settings:
    return Settings.model_construct(**given)


class Nights:
    def __init__(self, database: Database) -> None:
        self.connection = database.superuser()
        self.connection.execute(
            "select tests.make_organisation('north');"
            " select tests.make_organisation('south');"
            " select tests.make_coordinator('nina', 'north');"
            " select tests.make_mentor('olga', 'north');"
            " update public.organisations set created_at = '2026-01-01';"
            " insert into public.organisation_settings (organisation_id, badges_enabled)"
            " select id, false from public.organisations where slug = 'south'"
        )
        dsn = database.dsn(database.target.server.migrator_dsn)
        self.opened = RunnerDatabase(dsn, is_embedded=False, psql=None)

    def run(self, day: int = 1, **options: Any) -> dict[str, str]:
        at = FIRST + timedelta(days=day - 1)
        given: dict[str, Any] = {"at": at, "again": False} | options
        results = nightly.run(self.opened, settings=settings(), **given)
        return {result.name: result.state for result in results}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode()).fetchall()

    def ledger(self, job: str) -> list[tuple[Any, ...]]:
        return self.rows(
            "select extract(day from business_date)::int, slug, state, reason"
            " from public.job_runs left join public.organisations on organisations.id = organisation_id"
            f" where job = '{job}' order by 1, 2"
        )

    def alerts(self) -> list[str]:
        return [
            kind
            for (kind,) in self.rows(
                "select kind from public.ops_alerts where acknowledged_at is null order by 1"
            )
        ]


@pytest.fixture
def nights(database: Database) -> Nights:
    return Nights(database)


def test_each_step_has_its_rows(nights: Nights) -> None:
    assert nights.run() == {
        "credential check": "skipped",
        "certification expiry": "done",
        "badge reconciliation": "done",
        "website reconciliation": "skipped",
        "log partitions": "done",
    }
    assert nights.ledger("credential_check") == [(1, None, "skipped", NO_DYNAMICS)]
    assert nights.ledger("certification_expiry") == [(1, "north", "ran", None), (1, "south", "ran", None)]
    assert nights.ledger("badge_reconciliation") == [
        (1, "north", "ran", None),
        (1, "south", "skipped", SWITCHED_OFF),
    ]
    assert [row[2:] for row in nights.ledger("website_reconciliation")] == [("skipped", NO_DYNAMICS)] * 2
    assert nights.ledger("log_partitions") == [(1, None, "ran", None)]
    assert nights.rows("select private.last_good_night(as_of => '2026-03-01 12:00+01')") == [
        (date(2026, 3, 1),)
    ]
    assert nights.alerts() == []


def test_a_night_by_hand_before_there_is_an_organisation_is_a_night(database: Database) -> None:
    dsn = database.dsn(database.target.server.migrator_dsn)
    results = nightly.run(RunnerDatabase(dsn, is_embedded=False, psql=None), settings=settings())
    assert {result.name: result.state for result in results} == {
        "credential check": "skipped",
        "certification expiry": "done",
        "badge reconciliation": "done",
        "website reconciliation": "skipped",
        "log partitions": "done",
    }
    assert not any("already" in result.outcome.line for result in results)
    runs = database.superuser().execute("select status, note from public.certification_expiry_runs")
    assert runs.fetchall() == [
        ("succeeded", "Nothing to do: no certificate had expired and no reminder was due.")
    ]


def test_what_is_done_is_not_done_again_unless_asked(nights: Nights) -> None:
    nights.run()
    assert set(nights.run().values()) == {"done"}
    assert nights.rows("select max(attempts) from public.job_runs") == [(1,)]
    nights.run(again=True)
    assert nights.rows("select min(attempts), max(attempts) from public.job_runs") == [(2, 2)]


def test_missed_nights_are_caught_up_by_date_with_one_reminder(nights: Nights) -> None:
    """Out from 30 days to 6 days before the certificate ends: of three reminders, the tightest."""
    nights.run()
    nights.connection.execute("select tests.make_certificate('olga', '2026-03-31')")
    nights.run(25)
    days = range(2, 25)
    for job in ("certification_expiry", "badge_reconciliation", "log_partitions"):
        caught_up = {row[0] for row in nights.ledger(job) if row[2] == "caught_up"}
        assert caught_up == set(days), job
    assert nights.rows("select threshold_day from public.cert_expiry_reminders") == [(7,)]
    # One run for each date: an auditor asks for the run of a date.
    assert nights.rows(
        "select count(*) from public.certification_expiry_runs where status = 'succeeded'"
    ) == [(1 + 1 + len(days),)]
    assert nights.rows("select * from public.find_missed_nights('2026-03-25 12:00+01')") == []
    assert nights.alerts() == ["night_without_run"]


def test_a_failed_step_is_said_and_tried_again(nights: Nights) -> None:
    tries = []

    def fail_at_first(_: Night) -> Outcome:
        tries.append(1)
        if len(tries) == 1:
            raise psycopg.errors.QueryCanceled("with a name in it")
        return Outcome("Done.")

    steps = (Step("first thing", fail_at_first), Step("second thing", lambda _: Outcome("Done.")))
    assert nights.run(steps=steps) == {"first thing": "failed", "second thing": "done"}
    ((_, _, state, reason),) = nights.ledger("first_thing")
    assert state == "failed"
    assert "name" not in reason
    assert nights.alerts() == ["nightly_failed"]
    assert nights.rows("select private.last_good_night(as_of => '2026-03-01 12:00+01')") == [(None,)]

    assert nights.run(2, steps=steps) == {"first thing": "done", "second thing": "done"}
    assert [row[2] for row in nights.ledger("first_thing")] == ["caught_up", "ran"]
    assert nights.alerts() == ["night_without_run"], (
        "the failure is mended; that a night was incomplete stays"
    )


def test_an_organisation_that_fails_is_not_all_of_them(nights: Nights) -> None:
    (north,) = nights.rows("select id from public.organisations where slug = 'north'")[0]
    steps = (Step("some thing", lambda _: Outcome("x", failed={north: "No answer."}), by_organisation=True),)
    assert nights.run(steps=steps) == {"some thing": "failed"}
    assert nights.ledger("some_thing") == [(1, "north", "failed", "No answer."), (1, "south", "ran", None)]


def test_a_killed_night_is_not_a_good_one(nights: Nights) -> None:
    """Killed in the third step: the rows of two are there, one is running, the others have none."""
    nights.run()

    def die(_: Night) -> Outcome:
        raise KeyboardInterrupt

    steps = tuple(Step(s.name, die, by_organisation=True) if i == 2 else s for i, s in enumerate(STEPS))
    with pytest.raises(KeyboardInterrupt):
        nights.run(2, steps=steps)
    assert {row[2] for row in nights.ledger("badge_reconciliation") if row[0] == 2} == {"running"}
    assert nights.rows("select private.last_good_night(as_of => '2026-03-02 12:00+01')") == [
        (date(2026, 3, 1),)
    ]
    nights.run(2)
    assert nights.rows("select private.last_good_night(as_of => '2026-03-02 12:00+01')") == [
        (date(2026, 3, 2),)
    ]
    assert nights.rows(
        "select min(attempts), max(attempts) from public.job_runs"
        " where job = 'badge_reconciliation' and extract(day from business_date) = 2"
    ) == [(2, 2)]


def test_two_nights_at_once_are_refused(nights: Nights) -> None:
    def another(_: Night) -> Outcome:
        with pytest.raises(RunnerError, match="PL004"):
            nights.run()
        return Outcome("Refused, as it should be.")

    assert nights.run(steps=(Step("outer", another),)) == {"outer": "done"}


def test_told_to_stop_it_begins_no_other_step(nights: Nights) -> None:
    begun: list[str] = []

    def step(name: str) -> Step:
        def work(_: Night) -> Outcome:
            begun.append(name)
            return Outcome("")

        return Step(name, work)

    steps = (step("one thing"), step("other thing"))
    assert nights.run(steps=steps, stopped=lambda: len(begun) > 0) == {"one thing": "done"}
    assert nights.run(steps=steps) == {"one thing": "done", "other thing": "done"}
    assert begun == ["one thing", "other thing"]


def test_the_night_ends_when_its_lock_is_lost(nights: Nights) -> None:
    def cut(_: Night) -> Outcome:
        nights.connection.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database ="
            " (select oid from pg_database where datname = current_database())"
        )
        return Outcome("The line is cut.")

    steps = (Step("one thing", cut), Step("other thing", lambda _: Outcome("")))
    with pytest.raises(RunnerError, match="left to the next night"):
        nights.run(steps=steps)
    assert nights.ledger("one_thing")[0][2] == "ran"
    assert nights.ledger("other_thing") == []


@pytest.mark.parametrize("days", [-200, 200])
def test_a_date_that_is_asked_for_makes_no_night_missing(nights: Nights, days: int) -> None:
    now = datetime.now(UTC)
    results = nightly.run(nights.opened, (now + timedelta(days=days)).date())
    assert all(result.succeeded for result in results)
    assert nights.rows("select count(*) from public.find_missed_nights()") == [(0,)]
    nightly.run(nights.opened, at=now)
    assert nights.rows("select count(*) from public.find_missed_nights()") == [(0,)]
    assert nights.rows("select count(*) > 0 from public.find_missed_nights(now() + interval '2 days')") == [
        (True,)
    ]


def test_an_organisation_that_is_loaded_later_misses_nothing(nights: Nights) -> None:
    for day in (1, 2, 3):
        nights.run(day)
    nights.connection.execute("select tests.make_organisation('west')")
    nights.connection.execute("update public.organisations set created_at = '2018-01-01' where slug = 'west'")
    nights.run(4)
    assert nights.alerts() == []
    nights.run(6)
    rows = [row[:3] for row in nights.ledger("certification_expiry") if row[1] == "west"]
    assert rows == [(4, "west", "ran"), (5, "west", "caught_up"), (6, "west", "ran")]


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


def test_with_dynamics_every_step_is_done(nights: Nights, standin: StandIn) -> None:
    nights.connection.execute(
        "update public.peer_mentors set dynamics_contact_id = %s", (standin.add_contact(uuid.uuid4(), False),)
    )
    given = {name.removeprefix("PEERLEDGER_").lower(): value for name, value in standin.settings().items()}
    made = Settings.model_validate(given)
    results = nightly.run(nights.opened, settings=made)
    assert {result.name: result.state for result in results} == {step.name: "done" for step in STEPS}
    assert {row[2] for row in nights.ledger("website_reconciliation")} == {"ran"}

    standin.change_secret()
    results = nightly.run(nights.opened, settings=made)
    assert [result.name for result in results if not result.succeeded] == [
        "credential check",
        "website reconciliation",
    ]
    assert {row[2] for row in nights.ledger("website_reconciliation")} == {"failed"}
    assert nights.alerts() == ["auth_failure", "nightly_failed"]


def test_without_a_runner_the_ledger_is_the_same(nights: Nights) -> None:
    """The jobs that are SQL only, one by one, as pg_cron calls them."""
    nights.connection.execute("select tests.make_certificate('olga', '2026-02-27')")
    jobs = ("certification_expiry", "badge_reconciliation", "log_partitions")
    migrator = nights.opened.connect(autocommit=True)
    with migrator:
        for day in (1, 4):
            for job in jobs:
                at = FIRST + timedelta(days=day - 1)
                assert migrator.execute("select private.run_nightly_job(%s, %s)", (job, at)).fetchone() == (
                    "done",
                )
    for job in jobs:
        states = {row[0]: row[2] for row in nights.ledger(job)}
        assert states == {1: "ran", 2: "caught_up", 3: "caught_up", 4: "ran"}, job
    assert nights.rows("select status::text from public.peer_mentors") == [("expired_cert",)]
    assert nights.alerts() == ["night_without_run"]

    nights.connection.execute("alter table public.certification_expiry_runs add check (false) not valid")
    with nights.opened.connect(autocommit=True) as migrator:
        query = "select private.run_nightly_job('certification_expiry', %s)"
        assert migrator.execute(query, (FIRST + timedelta(days=4),)).fetchone() == ("failed",)
    assert [row[2] for row in nights.ledger("certification_expiry") if row[0] == 5] == ["failed"] * 2
    assert nights.alerts() == ["night_without_run", "nightly_failed"]
