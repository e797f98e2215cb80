"""What needs a person reaches each receiver once, is told again while it is critical, and is told to be over."""

from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from conftest import Database

from peerledger import nightly
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import NoConnectionError
from peerledger.receivers import Receiver, Tone
from peerledger.telling import Teller

pytestmark = pytest.mark.two_targets


@dataclass
class Service:
    """As Apprise's are."""

    messages: list[tuple[str, str, Tone]] = field(default_factory=list)
    takes: bool = True

    def notify(self, *, title: str, body: str, notify_type: Any, body_format: Any) -> bool:
        if self.takes:
            self.messages.append((title, body, Tone(notify_type)))
        return self.takes


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.superuser()
        self.connection.execute("select tests.make_organisation('north')")
        dsn = database.dsn(database.target.server.migrator_dsn)
        self.opened = RunnerDatabase(dsn, is_embedded=False, psql=None)
        nightly.run(self.opened)
        self.chat, self.pager = Service(), Service()
        self.receivers = [
            Receiver("1 (chat)", "chat-1", False, self.chat),
            Receiver("2 (pager)", "pager-1", True, self.pager),
        ]

    def teller(self) -> Teller:
        return Teller(self.opened, self.receivers)

    def do(self, statement: str) -> None:
        self.connection.execute(statement.encode())

    def raise_alert(self, kind: str, severity: str, message: str) -> None:
        self.do(f"select private.raise_alert('{kind}', '{severity}', '{message}', '{message}')")


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_all_is_well_and_nobody_is_told(world: World) -> None:
    assert world.teller().look()
    assert world.chat.messages == world.pager.messages == []


def test_each_receiver_is_told_once_and_that_it_is_over(world: World) -> None:
    world.raise_alert("auth_failure", "critical", "Refused.")
    world.raise_alert("dead_letters", "warning", "Given up.")
    world.raise_alert("notification_unreachable", "info", "No device.")
    assert world.teller().look()
    ((title, body, tone),) = world.chat.messages
    assert title.startswith("Peerledger: 1 critical, 1 to look at (")
    assert tone is Tone.CRITICAL
    assert body.index("[critical] Refused.\n  → peerledger check-credentials") < body.index(
        "[warning] Given up."
    )
    assert "No device" not in body
    ((title, body, _),) = world.pager.messages
    assert title.startswith("Peerledger: 1 critical (")
    assert "Given up" not in body

    # Another worker, or this one after its restart, knows of it.
    assert world.teller().look()
    assert (len(world.chat.messages), len(world.pager.messages)) == (1, 1)

    world.do("update public.ops_alerts set acknowledged_at = now() where severity <> 'info'")
    assert world.teller().look()
    assert world.teller().look()
    assert [tone for _, _, tone in world.chat.messages[1:]] == [Tone.OVER]
    assert world.chat.messages[1][1] == "[over] Refused.\n[over] Given up."
    assert [body for _, body, _ in world.pager.messages[1:]] == ["[over] Refused."]


def test_a_second_alert_of_a_kind_is_told_beside_the_first(world: World) -> None:
    world.raise_alert("log_change_refused", "critical", "On Monday.")
    assert world.teller().look()
    world.raise_alert("log_change_refused", "critical", "On Tuesday.")
    assert world.teller().look()
    assert [("Monday" in body, "Tuesday" in body) for _, body, _ in world.pager.messages] == [
        (True, False),
        (False, True),
    ]


def test_what_is_critical_is_told_again_every_day(world: World) -> None:
    world.raise_alert("auth_failure", "critical", "Refused.")
    world.raise_alert("dead_letters", "warning", "Given up.")
    assert world.teller().look()
    world.do("update private.told_problems set told_at = told_at - interval '1 day'")
    assert world.teller().look()
    assert world.teller().look()
    assert [body.split("\n")[0] for _, body, _ in world.chat.messages[1:]] == ["[critical, still] Refused."]


def test_one_that_did_not_take_it_is_told_the_next_time(world: World) -> None:
    world.raise_alert("auth_failure", "critical", "Refused.")
    world.pager.takes = False
    assert not world.teller().look()
    assert not world.teller().look()
    assert (len(world.chat.messages), len(world.pager.messages)) == (1, 0)
    world.pager.takes = True
    assert world.teller().look()
    assert (len(world.chat.messages), len(world.pager.messages)) == (1, 1)


def test_a_receiver_that_is_new_hears_of_what_is_open(world: World) -> None:
    world.raise_alert("auth_failure", "critical", "Refused.")
    assert world.teller().look()
    new = Service()
    assert Teller(world.opened, [Receiver("1 (mail)", "mail-1", False, new)]).look()
    assert len(new.messages) == 1


def test_a_guard_that_was_switched_off_is_told_at_once(world: World) -> None:
    """Not only by the next night."""
    world.do("alter table public.proxy_audit_log disable trigger _100_no_update")
    assert world.teller().look()
    assert "guards" in world.pager.messages[0][1]


def test_an_attempt_to_change_a_log_is_told_at_once(world: World) -> None:
    world.do("select private.record_security_event('log_change_refused', 'proxy_audit_log')")
    assert world.teller().look()
    assert "Somebody tried to change a log once on" in world.pager.messages[0][1]


def test_two_workers_tell_once(world: World) -> None:
    world.raise_alert("auth_failure", "critical", "Refused.")
    locked = "select pg_try_advisory_lock(hashtextextended('peerledger alerts', 0))"
    with psycopg.connect(world.opened.conninfo, autocommit=True) as other:
        assert other.execute(locked.encode()).fetchone() == (True,)
        assert world.teller().look()
        assert world.chat.messages == []
    assert world.teller().look()
    assert len(world.chat.messages) == 1


def test_what_cannot_be_written_down_is_not_told_every_minute(world: World) -> None:
    """A full disk: the database is read-only."""
    world.raise_alert("auth_failure", "critical", "Refused.")
    with psycopg.connect(world.opened.conninfo, autocommit=True) as connection:
        name = connection.info.dbname
    world.do(f'alter database "{name}" set default_transaction_read_only = on')
    teller = world.teller()
    assert teller.look()
    assert teller.look()
    assert len(world.pager.messages) == 1
    assert "Refused." in world.pager.messages[0][1]


class Away:
    """A server that does not answer, until it does."""

    def __init__(self, behind: RunnerDatabase) -> None:
        self.behind = behind
        self.is_away = True
        self.name = "the database"

    def connect(self, **options: Any) -> Any:
        if self.is_away:
            raise NoConnectionError("No connection.")
        return self.behind.connect(**options)


def test_a_database_that_stays_away_is_told_once_and_that_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr("peerledger.telling.time.monotonic", lambda: now)
    away = Away(world.opened)
    teller = Teller(away, world.receivers)  # type: ignore[arg-type]
    assert not teller.look()
    now += 299
    assert not teller.look()
    # A restart takes no longer, and wakes nobody.
    assert world.pager.messages == []
    now += 1
    assert not teller.look()
    assert not teller.look()
    ((title, body, tone),) = world.pager.messages
    assert (title, tone) == ("Peerledger: the database is away", Tone.CRITICAL)
    assert "for 5 minutes" in body
    away.is_away = False
    assert teller.look()
    assert world.pager.messages[1][0] == "Peerledger: the database answers"
    away.is_away = True
    assert not teller.look()
    assert len(world.pager.messages) == 2
