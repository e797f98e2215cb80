"""`status`: each problem is said, with what to do; and never that all is well when it is not."""

import json
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from conftest import Database

from peerledger import nightly, status
from peerledger.database import Database as RunnerDatabase
from peerledger.settings import Settings
from peerledger.status import Problem

pytestmark = pytest.mark.two_targets

OSLO = ZoneInfo("Europe/Oslo")


class World:
    """A charity that has had its night and needs nobody."""

    def __init__(self, database: Database) -> None:
        self.connection = database.superuser()
        self.connection.execute("select tests.make_organisation('north')")
        self.connection.execute("select tests.make_coordinator('nina', 'north')")
        self.connection.execute("select tests.make_mentor('olga', 'north')")
        dsn = database.dsn(database.target.server.migrator_dsn)
        self.opened = RunnerDatabase(dsn, is_embedded=False, psql=None)
        nightly.run(self.opened)

    def do(self, statement: str) -> None:
        self.connection.execute(statement.encode())

    def problems(self, **options: Any) -> list[Problem]:
        return status.read(self.opened, Settings.model_construct(), **options).problems


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_no_action_is_required(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    state = status.read(world.opened, Settings.model_construct())
    assert state.problems == []
    status.show(state)
    assert capsys.readouterr().out.endswith("No action required.\n")
    shown = json.loads(json.dumps(state.as_dict()))
    assert shown["needs_a_person"] is False
    assert shown["numbers"]["last_good_night"] is not None


_TROUBLE: dict[str, tuple[str, str, str]] = {
    "an alert": (
        "select private.raise_alert('auth_failure', 'critical', 'Refused.', 'test')",
        "Refused.",
        "peerledger check-credentials; then: select public.acknowledge_alert('",
    ),
    "a pause": (
        "select public.pause_hlf_sync(null, 'credentials_refused')",
        "The website sync of north is paused: the credentials were refused.",
        "peerledger check-credentials",
    ),
    "a removal that waits": (
        "update public.peer_mentors set status = 'withdrawn', dynamics_contact_id = gen_random_uuid();"
        " update public.hlf_removals set wanted_at = now() - interval '61 minutes'",
        "A removal from the website of north has been waiting for more than an hour.",
        "set PEERLEDGER_DYNAMICS_URL and what belongs to it, then peerledger worker",
    ),
    "a dead letter": (
        "update public.peer_mentors set status = 'withdrawn', dynamics_contact_id = gen_random_uuid();"
        " update public.hlf_sync_state set state = 'dead_lettered'",
        "Website changes of 1 mentor of north were dead-lettered.",
        "select public.requeue_dead_letters('",
    ),
    "a message that was given up": (
        "insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key, state)"
        " select organisation_id, id, 'status_changed', 'x', 'dead_lettered' from public.peer_mentors",
        "1 message of north could not be delivered.",
        "select public.requeue_notifications('",
    ),
    "a message that nobody sends": (
        "insert into public.notifications"
        " (organisation_id, recipient_mentor_id, kind, dedupe_key, next_attempt_at)"
        " select organisation_id, id, 'status_changed', 'x', now() - interval '61 minutes'"
        " from public.peer_mentors",
        "Messages have been due for more than an hour",
        "peerledger worker",
    ),
    "a failed step": (
        "update public.job_runs set state = 'failed', reason = 'x' where job = 'log_partitions'",
        "Tonight these steps failed or were interrupted: log partitions.",
        "peerledger nightly",
    ),
    "no night ever": (
        "delete from public.job_runs",
        "The nightly jobs have never run.",
        "peerledger nightly",
    ),
    "a crashed run": (
        "insert into public.certification_expiry_runs (as_of, started_at, finished_at, status)"
        " values (current_date, now() + interval '1 second', null, 'crashed')",
        "The expiry run for",
        "peerledger nightly",
    ),
}


_OF_NOBODY = {"an alert", "a failed step", "a crashed run"}


@pytest.mark.one_target
@pytest.mark.parametrize("trouble", _TROUBLE)
def test_each_problem_comes_with_what_to_do(world: World, trouble: str) -> None:
    statement, what, do = _TROUBLE[trouble]
    world.do(statement)
    # Refused credentials are an alert as well.
    problems = world.problems()
    (problem,) = [problem for problem in problems if what in problem.message]
    assert do in problem.action
    assert problem.severity in ("critical", "warning")
    own = world.connection.execute(
        "select private.status(organisation_id => (select id from public.organisations))"
    ).fetchone()
    # What is of an organisation is in its own status, and only what has no organisation is not.
    codes = [found["code"] for found in own[0]["problems"]] if own else []
    assert (problem.code in codes) == (trouble not in _OF_NOBODY)


@pytest.mark.one_target
def test_a_missing_night_is_noticed(world: World) -> None:
    """Also where no worker runs that could say so."""
    noon = datetime.combine(datetime.now(OSLO) + timedelta(days=1), time(12), OSLO)
    nightly.run(world.opened, at=noon)
    assert world.problems(at=noon) == []
    # The next day's evening.
    (problem,) = world.problems(at=noon + timedelta(hours=30))[:1]
    assert "No nightly run was completed within the last 26 hours." in problem.message
    problems = world.problems(at=noon + timedelta(days=3))
    assert any("Nights that are not accounted for" in problem.message for problem in problems)


@pytest.mark.one_target
def test_information_requires_no_action(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.do("select private.raise_alert('notification_unreachable', 'info', 'No device.', 'test')")
    state = status.read(world.opened)
    assert state.problems == []
    status.show(state)
    assert "Information: No device." in capsys.readouterr().out


def apart_from_the_renaming(problems: list[status.Problem]) -> list[status.Problem]:
    """That a function of ours was renamed is a problem of its own."""
    return [each for each in problems if each.code not in ("log_guards_changed", "access_changed")]


def topics(prefix: str) -> str:
    return f"select proname from pg_proc where proname like '{prefix}\\_of\\_%' order by 1"


@pytest.mark.one_target
@pytest.mark.parametrize("prefix", ["problems", "numbers"])
def test_a_topic_that_cannot_be_read_is_a_problem_and_hides_no_other(world: World, prefix: str) -> None:
    names = [name for (name,) in world.connection.execute(topics(prefix).encode()).fetchall()]
    assert len(names) >= 5
    whole = status.read(world.opened)
    for name in names:
        with world.connection.transaction(force_rollback=False):
            world.do(f"alter function private.{name} rename to was_{name}")
            result = "setof private.problem" if prefix == "problems" else "table (name text, value jsonb)"
            world.do(
                f"create function private.{name}(at timestamptz, organisation_id uuid) returns {result}"
                " language plpgsql as 'begin perform 1 / 0; end'"
            )
        (problem,) = apart_from_the_renaming(world.problems())
        assert problem.code == "status_unreadable"
        assert name.removeprefix(f"{prefix}_of_").replace("_", " ") in problem.message
        if prefix == "numbers":
            missing = whole.numbers.keys() - status.read(world.opened).numbers.keys()
            assert missing
            assert missing < whole.numbers.keys()
        world.do(f"drop function private.{name}")
        world.do(f"alter function private.was_{name} rename to {name}")
    assert apart_from_the_renaming(world.problems()) == []


@pytest.mark.one_target
def test_a_new_topic_is_asked_from_then_on(world: World) -> None:
    world.do(
        "create function private.problems_of_tea(at timestamptz, organisation_id uuid)"
        " returns setof private.problem language sql stable as $$"
        " select 'no_tea', 'warning', null::uuid, 'There is no tea.', 'make some', 1::bigint,"
        " null::timestamptz $$"
    )
    assert [problem.code for problem in world.problems()] == ["no_tea"]


def test_a_coordinator_gets_the_status_of_their_own_organisation(database: Database) -> None:
    superuser = database.superuser()
    superuser.execute(
        "select tests.make_two_organisations();"
        " select private.raise_alert('dead_letters', 'warning', 'Of the north.', 'n',"
        " tests.id('organisation', 'north'));"
        " select private.raise_alert('dead_letters', 'warning', 'Of the south.', 's',"
        " tests.id('organisation', 'south'));"
        " select private.raise_alert('auth_failure', 'critical', 'Of all.', 'a')"
    )

    def ids(kind: str, name: str) -> str:
        row = superuser.execute("select tests.id(%s, %s)", (kind, name)).fetchone()
        assert row is not None
        return str(row[0])

    call = "select public.get_organisation_status(%s)"
    sven = database.connect_as("authenticated", ids("user", "sven"))
    row = sven.execute(call, (ids("organisation", "south"),)).fetchone()
    assert row is not None
    found = row[0]
    assert found["organisation_id"] == ids("organisation", "south")
    messages = [problem["message"] for problem in found["problems"]]
    assert "Of the south." in messages
    assert "Of the north." not in messages
    assert "Of all." not in messages
    assert {problem["organisation_id"] for problem in found["problems"]} == {ids("organisation", "south")}
    assert found["numbers"]["open_alerts_warning"] == 1
    assert found["numbers"]["open_alerts_critical"] == 0
    assert set(found["problems"][0]) == {
        "code", "severity", "organisation_id", "message", "action", "affected", "oldest_at",
    }  # fmt: skip
    before = json.dumps(found["numbers"], sort_keys=True)
    superuser.execute(
        "update public.peer_mentors set status = 'withdrawn', dynamics_contact_id = gen_random_uuid()"
        " where organisation_id = tests.id('organisation', 'north')"
    )
    row = sven.execute(call, (ids("organisation", "south"),)).fetchone()
    assert row is not None
    assert json.dumps(row[0]["numbers"], sort_keys=True) == before, "what is of others changes nothing"

    for role, sub, code in (
        ("authenticated", ids("user", "nina"), "PT404"),
        ("authenticated", ids("user", "sara"), "PT404"),
        ("anon", None, "42501"),
    ):
        with pytest.raises(psycopg.Error) as refused:
            database.connect_as(role, sub).execute(call, (ids("organisation", "south"),))
        assert refused.value.sqlstate == code
    assert database.connect_as("service_role").execute(call, (ids("organisation", "south"),)).fetchone()


@pytest.mark.one_target
def test_a_lost_line_is_an_error(world: World) -> None:
    world.do(
        "create function private.problems_of_lines(at timestamptz, organisation_id uuid)"
        " returns setof private.problem language plpgsql as"
        " 'begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60); end'"
    )
    with pytest.raises(Exception, match=r"57P01|connection"):
        status.read(world.opened)


@pytest.mark.one_target
def test_status_writes_nothing(world: World) -> None:
    world.do(
        "create function private.problems_of_ink(at timestamptz, organisation_id uuid)"
        " returns setof private.problem language plpgsql as"
        " 'begin delete from public.job_runs; end'"
    )
    assert [problem.code for problem in world.problems()] == ["status_unreadable"]
    rows = world.connection.execute("select count(*) > 0 from public.job_runs").fetchall()
    assert rows == [(True,)]
