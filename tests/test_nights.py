"""The ledger of the nights, as the runner keeps it: ran, caught up, failed, or skipped and why."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Self

import psycopg
import pytest
from conftest import Database
from night_steps import STEPS, define
from test_dynamics_cli import until
from website import PATIENCE

from peerledger import nightly
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.nightly import NO_DYNAMICS, WORK, Night, Outcome, Work
from peerledger.settings import Settings
from standin import StandIn

pytestmark = pytest.mark.two_targets

SWITCHED_OFF = "Switched off by the organisation."
FIRST = datetime(2026, 3, 1, 2, 15, tzinfo=UTC)


def settings(**given: Any) -> Settings:
    return Settings.model_construct(**given)


class Nights:
    def __init__(self, database: Database) -> None:
        self.database = database
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
        """Of the organisations; of all together where there is nothing else."""
        return self.rows(
            "select extract(day from business_date)::int, slug, state, reason"
            " from public.job_runs as run"
            " left join public.organisations on organisations.id = organisation_id"
            f" where job = '{job}' and (organisation_id is not null or not exists"
            " (select from public.job_runs as own"
            " where own.job = run.job and own.organisation_id is not null)) order by 1, 2"
        )

    def whole(self, job: str) -> list[tuple[Any, ...]]:
        """Of all together."""
        return self.rows(
            "select extract(day from business_date)::int, state, reason from public.job_runs"
            f" where job = '{job}' and organisation_id is null order by 1"
        )

    def id(self, kind: str, name: str) -> uuid.UUID:
        found: uuid.UUID = self.rows(f"select tests.id('{kind}', '{name}')")[0][0]
        return found

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


def test_a_length_of_service_is_not_among_the_missed_badges(nights: Nights) -> None:
    nights.connection.execute(
        """
        update public.peer_mentors set created_at = now() - interval '400 days';
        insert into public.badge_definitions (organisation_id, slug, name, criteria) values
        (tests.id('organisation', 'north'), 'year', 'A year', '{"metric": "tenure_days", "at_least": 365}'),
        (tests.id('organisation', 'north'), 'first', 'The first', '{"metric": "activity_count", "at_least": 1}');
        alter table public.activities disable trigger user;
        insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
        values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', current_date - 1, 30);
        alter table public.activities enable trigger user;
        """
    )
    results = nightly.run(nights.opened, settings=settings(), at=datetime.now(UTC), again=False)
    (line,) = [result.line for result in results if result.name == "badge reconciliation"]
    assert line == (
        "1 activities; 1 missed badges awarded, 1 for length of service: more than 5 % were missed, an alert is raised."
    )
    assert nights.rows(
        "select details -> 'badges_awarded', details -> 'badges_by_time' from public.job_runs"
        " where job = 'badge_reconciliation' and organisation_id is null"
    ) == [(2, 1)]


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
    assert not any("already" in result.line.lower() for result in results)
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


def test_a_failed_step_is_reported_and_retried(nights: Nights) -> None:
    tries = []

    def fail_at_first(_: Night) -> Outcome:
        tries.append(1)
        if len(tries) == 1:
            raise psycopg.errors.QueryCanceled("with a name in it")
        return Outcome("Done.")

    define(nights.connection, "first_thing", "second_thing")
    work = {"first_thing": fail_at_first, "second_thing": lambda _: Outcome("Done.")}
    assert nights.run(work=work) == {"first thing": "failed", "second thing": "done"}
    ((_, _, state, reason),) = nights.ledger("first_thing")
    assert state == "failed"
    assert "name" not in reason
    assert nights.alerts() == ["nightly_failed"]
    assert nights.rows("select private.last_good_night(as_of => '2026-03-01 12:00+01')") == [(None,)]

    assert nights.run(2, work=work) == {"first thing": "done", "second thing": "done"}
    assert [row[2] for row in nights.ledger("first_thing")] == ["caught_up", "ran"]
    assert nights.alerts() == ["night_without_run"], "the failure is over; that a night was incomplete stays"


def test_a_failing_organisation_does_not_stop_the_others(nights: Nights) -> None:
    (north,) = nights.rows("select id from public.organisations where slug = 'north'")[0]
    define(nights.connection, "some_thing", by_organisation=True)
    failed = {north: {"outcome": "failed", "reason": "No answer."}}
    assert nights.run(work={"some_thing": lambda _: Outcome("x", {"total": 3}, failed)}) == {
        "some thing": "failed"
    }
    assert nights.ledger("some_thing") == [(1, "north", "failed", "No answer."), (1, "south", "ran", None)]
    assert nights.whole("some_thing") == [(1, "failed", "It failed for some organisations.")]
    assert nights.alerts() == ["nightly_failed"]


def test_a_killed_night_is_not_a_success(nights: Nights) -> None:
    """Killed in the third step: the rows of two are there, one is running, the others have none."""
    nights.run()

    def die(_: Night) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nights.run(2, work={**WORK, "badge_reconciliation": die})
    # Whoever has badges switched off was skipped by then.
    assert {row[1:3] for row in nights.ledger("badge_reconciliation") if row[0] == 2} == {
        ("north", "running"),
        ("south", "skipped"),
    }
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
        " and state <> 'skipped'"
    ) == [(2, 2)]


def test_two_nights_at_once_are_refused(nights: Nights) -> None:
    def another(_: Night) -> Outcome:
        with pytest.raises(RunnerError, match="PL004"):
            nights.run()
        return Outcome("Refused, as it should be.")

    define(nights.connection, "outer")
    assert nights.run(work={"outer": another}) == {"outer": "done"}


def test_a_night_told_to_stop_begins_no_other_step(nights: Nights) -> None:
    begun: list[str] = []

    def step(name: str) -> Work:
        def work(_: Night) -> Outcome:
            begun.append(name)
            return Outcome("")

        return work

    define(nights.connection, "one_thing", "other_thing")
    work = {name: step(name) for name in ("one_thing", "other_thing")}
    assert nights.run(work=work, stopped=lambda: len(begun) > 0) == {"one thing": "done"}
    assert nights.run(work=work) == {"one thing": "done", "other thing": "done"}
    assert begun == ["one_thing", "other_thing"]


def test_the_night_ends_when_its_lock_is_lost(nights: Nights) -> None:
    def cut(_: Night) -> Outcome:
        nights.connection.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database ="
            " (select oid from pg_database where datname = current_database())"
        )
        return Outcome("The line is cut.")

    define(nights.connection, "one_thing", "other_thing")
    with pytest.raises(RunnerError, match="left to the next night"):
        nights.run(work={"one_thing": cut, "other_thing": lambda _: Outcome("")})
    assert nights.ledger("one_thing")[0][2] == "ran"
    assert nights.ledger("other_thing") == []


@pytest.mark.parametrize("days", [-200, 200])
def test_an_explicit_date_leaves_no_night_missing(nights: Nights, days: int) -> None:
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
    assert {result.name: result.state for result in results} == dict.fromkeys(STEPS, "done")
    assert {row[2] for row in nights.ledger("website_reconciliation")} == {"ran"}

    standin.change_secret()
    results = nightly.run(nights.opened, settings=made)
    assert [result.name for result in results if not result.succeeded] == [
        "credential check",
        "website reconciliation",
    ]
    assert {row[2] for row in nights.ledger("website_reconciliation")} == {"failed"}
    assert nights.alerts() == ["auth_failure", "nightly_failed"]


_JOBS = ("certification_expiry", "badge_reconciliation", "log_partitions")


def by_procedure(nights: Nights, at: datetime, *jobs: str) -> None:
    with nights.opened.connect(autocommit=True) as migrator:
        migrator.execute("call private.run_night(%s, %s)", (list(jobs) or None, at))


def by_function(nights: Nights, at: datetime, *jobs: str) -> None:
    """As it was scheduled before there was the procedure."""
    with nights.opened.connect(autocommit=True) as migrator:
        for job in jobs or _JOBS:
            migrator.execute("select private.run_nightly_job(%s, %s)", (job, at))


def by_runner(nights: Nights, at: datetime) -> None:
    nightly.run(nights.opened, settings=settings(), at=at)


@pytest.mark.parametrize("way", [by_procedure, by_function, by_runner])
def test_each_way_of_running_a_night_keeps_the_same_ledger(
    nights: Nights, way: Callable[[Nights, datetime], None]
) -> None:
    nights.connection.execute("select tests.make_certificate('olga', '2026-02-27')")
    for day in (1, 4):
        way(nights, FIRST + timedelta(days=day - 1))
    for job in _JOBS:
        states = {row[0]: row[2] for row in nights.ledger(job) if row[1] != "south"}
        assert states == {1: "ran", 2: "caught_up", 3: "caught_up", 4: "ran"}, job
    assert {row[2:] for row in nights.ledger("badge_reconciliation") if row[1] == "south"} == {
        ("skipped", SWITCHED_OFF)
    }
    assert {row[2] for row in nights.ledger("certification_expiry") if row[1] == "south"} == {
        "ran",
        "caught_up",
    }
    for job in _JOBS[:2]:
        assert [row[1] for row in nights.whole(job)] == ["ran", "caught_up", "caught_up", "ran"], job
    assert nights.rows("select status::text from public.peer_mentors") == [("expired_cert",)]
    assert nights.alerts() == ["night_without_run"]


@pytest.mark.parametrize("way", [by_procedure, by_function, by_runner])
def test_badges_switched_off_by_all_are_skipped_whichever_way(
    nights: Nights, way: Callable[[Nights, datetime], None]
) -> None:
    nights.connection.execute(
        "insert into public.organisation_settings (organisation_id, badges_enabled)"
        " select id, false from public.organisations"
        " on conflict (organisation_id) do update set badges_enabled = false"
    )
    way(nights, FIRST)
    assert {row[2:] for row in nights.ledger("badge_reconciliation")} == {("skipped", SWITCHED_OFF)}
    assert nights.whole("badge_reconciliation") == [(1, "skipped", SWITCHED_OFF)]
    assert nights.rows("select count(*) from private.badge_reconciliations") == [(0,)]


@pytest.mark.parametrize("way", [by_procedure, by_function, by_runner])
def test_an_alert_of_a_failed_night_is_closed_by_a_good_one(
    nights: Nights, way: Callable[[Nights, datetime], None]
) -> None:
    nights.connection.execute(
        "alter table public.certification_expiry_runs add constraint broken check (false) not valid"
    )
    if way is by_procedure:
        with pytest.raises(psycopg.errors.RaiseException, match="certification_expiry"):
            way(nights, FIRST)
    else:
        way(nights, FIRST)
    assert [row[2:] for row in nights.ledger("certification_expiry")] == [
        ("failed", "A constraint of the database was violated. (23514)")
    ] * 2
    assert nights.ledger("log_partitions")[0][2] == "ran", "the other steps went on"
    assert nights.alerts() == ["nightly_failed"]

    nights.connection.execute("alter table public.certification_expiry_runs drop constraint broken")
    way(nights, FIRST + timedelta(days=1))
    assert [row[2] for row in nights.ledger("certification_expiry")] == ["caught_up"] * 2 + ["ran"] * 2
    assert "nightly_failed" not in nights.alerts()


def test_a_good_step_does_not_close_the_alert_of_another(nights: Nights) -> None:
    nights.connection.execute(
        "alter table public.certification_expiry_runs add constraint broken check (false) not valid"
    )
    by_function(nights, FIRST, "certification_expiry")
    by_procedure(nights, FIRST, "log_partitions")
    assert nights.alerts() == ["nightly_failed"]


@pytest.mark.parametrize("minutes", [-2, 2])
def test_a_runner_whose_clock_is_wrong_runs_no_night(
    nights: Nights, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(minutes=minutes)

    monkeypatch.setattr(nightly, "datetime", Wrong)
    with pytest.raises(
        RunnerError, match=r"differs from the database's by 1(19|20) seconds; no night is run"
    ):
        nightly.run(nights.opened, settings=settings())
    assert nights.rows("select count(*) from public.job_runs") == [(0,)]
    assert nights.alerts() == ["clock_differs"]
    monkeypatch.undo()
    nightly.run(nights.opened, settings=settings())
    assert nights.alerts() == []


def test_each_organisation_has_its_own_numbers(nights: Nights) -> None:
    """What a coordinator reads of a night holds nothing of another organisation."""
    nights.connection.execute(
        "delete from public.organisation_settings;"
        " select tests.make_mentor(name, 'south')"
        " from unnest('{sara, siri}'::text[]) as name;"
        " select tests.make_coordinator('sven', 'south');"
        " select tests.make_certificate(name, '2026-02-27')"
        " from unnest('{olga, sara, siri}'::text[]) as name;"
        " alter table public.activities disable trigger user;"
        " select tests.make_activity(name, name) from unnest('{olga, sara, siri}'::text[]) as name;"
        " alter table public.activities enable trigger user;"
        " insert into public.badge_definitions (organisation_id, slug, name, criteria)"
        " select id, 'first', 'First', '{\"metric\": \"activity_count\", \"at_least\": 1}'"
        " from public.organisations"
    )
    nights.run()
    details = {
        (job, slug): found
        for job, slug, found in nights.rows(
            "select job, slug, details from public.job_runs"
            " left join public.organisations on organisations.id = organisation_id"
        )
    }
    expiry = {
        slug: {name: details["certification_expiry", slug][name] for name in ("transitioned", "failures")}
        for slug in ("north", "south", None)
    }
    assert expiry == {
        "north": {"transitioned": 1, "failures": 0},
        "south": {"transitioned": 2, "failures": 0},
        None: {"transitioned": 3, "failures": 0},
    }
    badges = {
        slug: details["badge_reconciliation", slug]["badges_awarded"] for slug in ("north", "south", None)
    }
    assert badges == {"north": 1, "south": 2, None: 3}
    nina = nights.database.connect_as("authenticated", nights.id("user", "nina"))
    seen = nina.execute("select distinct organisation_id from public.job_runs").fetchall()
    assert seen == [(nights.id("organisation", "north"),)]


@pytest.mark.parametrize("way", [by_procedure, by_runner])
def test_badges_are_reconciled_in_batches_that_are_committed(
    nights: Nights, way: Callable[[Nights, datetime], None]
) -> None:
    """Somebody holds the last mentor of sixty: the first fifty are done, visible and free meanwhile."""
    nights.connection.execute(
        "select tests.make_mentor('mentor ' || number, 'north') from generate_series(1, 59) as number;"
        # Written past the triggers: each mentor is to be repaired, which takes the lock.
        " alter table public.activities disable trigger user;"
        " select tests.make_activity(display_name, display_name) from public.peer_mentors;"
        " alter table public.activities enable trigger user"
    )
    ((last,),) = nights.rows("select id from public.peer_mentors order by id desc limit 1")
    blocker = nights.database.superuser()
    with ThreadPoolExecutor(1) as threads, blocker.transaction():
        blocker.execute("select private.lock_mentor_measures(array[%s]::uuid[])", (last,))
        night = threads.submit(way, nights, datetime.now(UTC))
        try:
            until(lambda: nights.rows("select mentors_done from private.badge_reconciliations") == [(50,)])
            free = "select count(*) from (select from private.mentor_measures for update skip locked) as free"
            until(lambda: nights.rows(free)[0][0] >= 50)
            assert not night.done()
        finally:
            blocker.execute("rollback")
        night.result(PATIENCE)
    assert nights.rows("select mentors_done from private.badge_reconciliations") == [(60,)]


def test_the_night_looks_at_everybody_by_turns(nights: Nights) -> None:
    """A rollup that went wrong without any activity is found within thirty nights, on the mentor's own."""
    nights.connection.execute(
        "select tests.make_activity('walk', 'olga');"
        " set session_replication_role = replica;"
        " update public.activities set updated_at = now() - interval '1 month';"
        " set session_replication_role = origin;"
        " update private.activity_days set activity_count = 9"
    )
    ((turn,),) = nights.rows(
        "select 2 + mod(abs(uuid_hash(id)::bigint) - (date '2026-03-02' - date '2000-01-01') + 30000, 30)::int"
        " from public.peer_mentors"
    )
    wrong = "select count(*) from private.check_badge_rollups()"
    nights.run(turn - 1)
    assert nights.rows(wrong) != [(0,)]
    nights.run(turn)
    assert nights.rows(wrong) == [(0,)]


def test_the_turns_of_nights_that_did_not_run_are_made_up_for(nights: Nights) -> None:
    """Also for whom nothing was ever kept: what they did was written past the triggers, long ago."""
    nights.connection.execute(
        "select tests.make_mentor('mentor ' || number, 'north') from generate_series(1, 59) as number;"
        " set session_replication_role = replica;"
        " select tests.make_activity(display_name, display_name) from public.peer_mentors;"
        " update public.activities set updated_at = '2026-01-15';"
        " set session_replication_role = origin;"
        " select tests.make_mentor('idle ' || number, 'north') from generate_series(1, 9) as number"
    )
    nights.run(1)
    for day in (11, 12, 30):
        nights.run(day)
    assert nights.rows(
        "select sum(mentors_done)::int, sum(mentors_evaluated)::int from private.badge_reconciliations"
    ) == [(60, 60)]
    assert nights.rows("select count(*) from private.check_badge_rollups()") == [(0,)]


def test_an_organisation_that_is_switched_off_does_not_hold_the_others_back(nights: Nights) -> None:
    """What is to be compared begins where their last good night did; its own is made up for when it is back."""
    since = "select extract(day from since)::int from private.badge_reconciliations order by started_at"
    switch = "update public.organisation_settings set badges_enabled = {}"
    nights.connection.execute(switch.format("true"))
    nights.run(1)
    nights.connection.execute(switch.format("false"))
    for day in (2, 3):
        nights.run(day)
    nights.connection.execute(switch.format("true"))
    nights.run(4)
    nights.run(5)
    assert [day for (day,) in nights.rows(since)][1:] == [1, 2, 1, 4]


def test_a_killed_nights_reconciliation_is_not_kept(nights: Nights) -> None:
    nights.connection.execute("select tests.make_activity('walk', 'olga')")
    nights.run()
    nights.connection.execute(
        "update private.badge_reconciliations set finished_at = null;"
        " insert into private.badge_reconciliation_mentors"
        " select r.id, m.id from private.badge_reconciliations as r cross join public.peer_mentors as m"
    )
    nights.run(2)
    assert nights.rows("select count(*) from private.badge_reconciliation_mentors") == [(0,)]
    assert nights.rows("select count(*) from private.badge_reconciliations where finished_at is null") == [
        (0,)
    ]
