"""`status`: each problem is said, with what to do; and never that all is well when it is not."""

import json
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from conftest import Database

from peerledger import nightly, status
from peerledger.database import Database as RunnerDatabase
from peerledger.settings import Settings
from peerledger.status import PARTS, Asked, Part, Problem

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


def test_nothing_needs_a_person(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    state = status.read(world.opened, Settings.model_construct())
    assert state.problems == []
    status.show(state)
    assert capsys.readouterr().out.endswith("Nothing needs a person.\n")
    shown = json.loads(json.dumps(state.as_dict()))
    assert shown["needs_a_person"] is False
    assert shown["last_good_night"] is not None


_TROUBLE: dict[str, tuple[str, str, str]] = {
    "an alert": (
        "select private.raise_alert('auth_failure', 'critical', 'Refused.', 'test')",
        "Critical alert, auth_failure: Refused.",
        "peerledger check-credentials; then peerledger alerts acknowledge ",
    ),
    "a pause": (
        "select public.pause_hlf_sync(null, 'credentials_refused')",
        "The website sync of north stands still since",
        "peerledger check-credentials",
    ),
    "a removal that waits": (
        "update public.peer_mentors set status = 'withdrawn', dynamics_contact_id = gen_random_uuid();"
        " update public.hlf_removals set wanted_at = now() - interval '61 minutes'",
        "Somebody has been waiting to be taken off the website since",
        "set PEERLEDGER_DYNAMICS_URL and what belongs to it, then peerledger worker",
    ),
    "a dead letter": (
        "update public.peer_mentors set status = 'withdrawn', dynamics_contact_id = gen_random_uuid();"
        " update public.hlf_sync_state set state = 'dead_lettered'",
        "1 mentor of north could not be brought up to date",
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
        "Messages have been waiting to be sent since",
        "peerledger worker",
    ),
    "a failed step": (
        "update public.job_runs set state = 'failed', reason = 'x' where job = 'log_partitions'",
        "Tonight these steps failed or broke off: log partitions.",
        "peerledger nightly",
    ),
    "no night ever": ("delete from public.job_runs", "The nightly work has never run.", "peerledger nightly"),
    "a crashed run": (
        "insert into public.certification_expiry_runs (as_of, started_at, finished_at, status)"
        " values (current_date, now() + interval '1 second', null, 'crashed')",
        "The certification run for",
        "peerledger nightly",
    ),
}


@pytest.mark.one_target
@pytest.mark.parametrize("trouble", _TROUBLE)
def test_each_trouble_is_said_with_what_to_do(world: World, trouble: str) -> None:
    statement, what, do = _TROUBLE[trouble]
    world.do(statement)
    # Refused credentials are an alert as well.
    problem = world.problems()[-1]
    assert what in problem.what
    assert do in problem.do


@pytest.mark.one_target
def test_a_night_that_does_not_come_is_noticed(world: World) -> None:
    """Also where no worker runs that could say so."""
    noon = datetime.combine(datetime.now(OSLO) + timedelta(days=1), time(12), OSLO)
    nightly.run(world.opened, at=noon)
    assert world.problems(at=noon) == []
    # The next day's evening.
    (problem,) = world.problems(at=noon + timedelta(hours=30))[:1]
    assert "No night was completed since" in problem.what
    problems = world.problems(at=noon + timedelta(days=3))
    assert any("Nights that are not accounted for" in problem.what for problem in problems)


@pytest.mark.one_target
def test_information_needs_nobody(world: World) -> None:
    world.do("select private.raise_alert('notification_unreachable', 'info', 'No device.', 'test')")
    state = status.read(world.opened)
    assert state.problems == []
    assert "For your information: No device." in state.parts["alerts"].lines


@pytest.mark.one_target
@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_cannot_be_read_is_a_problem(world: World, name: str) -> None:
    def fail(asked: Asked) -> Part:
        asked.connection.execute("select 1 / 0")
        raise AssertionError

    parts: dict[str, Callable[[Asked], Part]] = PARTS | {name: fail}
    (problem,) = world.problems(parts=parts)
    assert problem.what.startswith(f"How it is with the {name} cannot be read")
    assert list(status.read(world.opened, parts=parts).parts) == list(PARTS), (
        "the others are read all the same"
    )


@pytest.mark.one_target
def test_a_lost_line_is_an_error_and_not_a_blank(world: World) -> None:
    def cut(asked: Asked) -> Part:
        world.do(f"select pg_terminate_backend({asked.connection.info.backend_pid})")
        asked.connection.execute("select")
        raise AssertionError

    with pytest.raises(Exception, match=r"57P01|connection"):
        status.read(world.opened, parts={"cut": cut})


@pytest.mark.one_target
def test_it_writes_nothing(world: World) -> None:
    def write(asked: Asked) -> Part:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), asked.connection.transaction():
            asked.connection.execute("delete from public.job_runs")
        return Part()

    assert status.read(world.opened, parts={"write": write}).problems == []
