"""Who registers activities and changes statuses, as through the REST API, and remembers what was acknowledged.

Each change is insisted on until it is acknowledged. What was asked for is known all the same: when the answer to
one was lost, it is sent again under the same id.
"""

import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import psycopg
from psycopg import errors as pg

from chaos.world import Mentor, Organisation, World

# What a client meets when the server, the disk, or the way to them is away, or when it waited for too long.
_PASSING = (
    pg.OperationalError,
    pg.InterfaceError,
    pg.ReadOnlySqlTransaction,
    pg.QueryCanceled,
    pg.LockNotAvailable,
)
_STATEMENT_TIMEOUT = "8s"
_DAYS = 300

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass
class Known:
    """An activity as its client last knew it."""

    mentor: UUID
    coordinator: UUID | None
    minutes: int
    changes: int = 0
    """How often it was changed by proxy, acknowledged."""
    is_sure: bool = True
    """False when the campaign ended before an answer came."""


@dataclass
class Journal:
    """What was acknowledged."""

    activities: dict[UUID, Known] = field(default_factory=dict)
    statuses: dict[UUID, list[str]] = field(default_factory=dict)
    """For each mentor every status that was acknowledged, in order."""
    renewed: set[UUID] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    """What clients met, by class and SQLSTATE."""
    unsure_statuses: set[UUID] = field(default_factory=set)


@dataclass
class Client:
    """One user at a time, over a connection that is made anew when it breaks."""

    world: World
    journal: Journal
    chance: random.Random
    over: threading.Event
    name: str
    connection: Connection | None = None
    user: UUID | None = None

    def run(self) -> None:
        try:
            while not self.over.is_set():
                self.one_change()
                self.over.wait(self.chance.uniform(0.02, 0.15))
        except Exception as error:
            self.world.found(f"the client {self.name} broke off: {type(error).__name__}: {error}")
            raise
        finally:
            self._let_go()

    def one_change(self) -> None:
        raise NotImplementedError

    def insist(self, user: UUID, work: Callable[[Connection], None]) -> bool:
        """Until it is acknowledged. False: the campaign ended before, or it is refused again and again."""
        refused = 0
        while refused < 3:
            try:
                if self.connection is None:
                    self.connection = self._connect()
                self._become(user)
                work(self.connection)
                return True
            except _PASSING as error:
                self._met(error)
                if isinstance(error, pg.DeadlockDetected):
                    self.world.found(f"the client {self.name} met a deadlock: {error}")
            except psycopg.Error as error:
                self._met(error)
                refused += 1
                self.world.found(f"the client {self.name} met {error.sqlstate}: {error}")
            if self.over.is_set():
                return False
            time.sleep(self.chance.uniform(0.05, 0.3))
        return False

    def _met(self, error: psycopg.Error) -> None:
        self.journal.errors[error.sqlstate or "connection"] += 1
        if error.sqlstate is None or self.connection is None or self.connection.closed:
            self._let_go()
        else:
            try:
                self.connection.rollback()
            except psycopg.Error:
                self._let_go()

    def _connect(self) -> Connection:
        connection: Connection = psycopg.connect(
            self.world.client_address, autocommit=True, connect_timeout=10
        )
        connection.execute(f"set statement_timeout = '{_STATEMENT_TIMEOUT}'".encode())
        connection.execute("set role authenticated")
        self.user = None
        return connection

    def _become(self, user: UUID) -> None:
        if self.user != user and self.connection is not None:
            claims = json.dumps({"sub": str(user), "role": "authenticated"})
            self.connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
            self.user = user

    def _let_go(self) -> None:
        self.user = None
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    # What several of them do. -------------------------------------------------------------------------

    def some_day(self) -> str:
        return str(self.world.today - timedelta(days=self.chance.randrange(1, _DAYS)))

    def remember(self, activity: UUID, known: Known, what: str, is_acknowledged: bool) -> None:
        known.is_sure = is_acknowledged
        self.journal.activities[activity] = known
        if is_acknowledged:
            self.journal.counts[what] += 1


_INSERT = """
insert into public.activities
    (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
values (%s, %s, %s, %s, 'walk', %s, %s)
on conflict (id) do nothing
"""


class MentorClient(Client):
    """Registers what mentors did themselves, and corrects it."""

    def one_change(self) -> None:
        # Who withdrew registers no more.
        mentor = self.chance.choice([each for each in self.world.mentors if each.group != "changing"])
        activity, minutes = uuid.uuid4(), self.chance.randrange(1, 4)
        values = (activity, mentor.organisation_id, mentor.id, None, self.some_day(), minutes)
        is_done = self.insist(mentor.user_id, lambda connection: _do(connection, _INSERT, *values))
        known = Known(mentor.id, None, minutes)
        self.remember(activity, known, "activities of mentors", is_done)
        if is_done and self.chance.random() < 0.2:
            known.minutes += 1
            change = "update public.activities set duration_minutes = %s where id = %s"
            is_done = self.insist(
                mentor.user_id, lambda connection: _do(connection, change, known.minutes, activity)
            )
            self.remember(activity, known, "corrections by mentors", is_done)


@dataclass
class CoordinatorClient(Client):
    """Registers by proxy: one, many at once, many in one transaction; and corrects it."""

    organisation: Organisation = field(kw_only=True)
    coordinator: UUID = field(kw_only=True)

    def one_change(self) -> None:
        mentors = [each for each in self.world.mentors if each.organisation_id == self.organisation.id]
        self.chance.choice([self._one, self._many, self._several_statements])(mentors)

    def _one(self, mentors: list[Mentor]) -> None:
        mentor = self.chance.choice(mentors)
        activity, known = uuid.uuid4(), Known(mentor.id, self.coordinator, self.chance.randrange(1, 4))
        day = self.some_day()
        call = "select public.register_proxy_activity(%s, 'walk', %s::date, %s, id => %s)"
        is_done = self.insist(
            self.coordinator,
            lambda connection: _do(connection, call, mentor.id, day, known.minutes, activity),
        )
        self.remember(activity, known, "by proxy, one", is_done)
        if is_done and self.chance.random() < 0.3:
            known.minutes += 1
            change = "select public.update_proxy_activity(%s, %s::jsonb)"
            changes = json.dumps({"duration_minutes": known.minutes})
            is_done = self.insist(
                self.coordinator, lambda connection: _do(connection, change, activity, changes)
            )
            known.changes += is_done
            self.remember(activity, known, "corrections by proxy", is_done)

    def _many(self, mentors: list[Mentor]) -> None:
        made = {uuid.uuid4(): self._some(mentors) for _ in range(self.chance.randrange(2, 6))}
        entries = json.dumps(
            [
                {
                    "id": str(activity),
                    "mentor_id": str(known.mentor),
                    "activity_type": "walk",
                    "occurred_on": self.some_day(),
                    "duration_minutes": known.minutes,
                }
                for activity, known in made.items()
            ]
        )
        call = "select public.register_proxy_activities(%s::jsonb)"
        is_done = self.insist(self.coordinator, lambda connection: _do(connection, call, entries))
        for activity, known in made.items():
            self.remember(activity, known, "by proxy, many at once", is_done)

    def _several_statements(self, mentors: list[Mentor]) -> None:
        """In an order of its own, as a client that sends a list row by row."""
        made = {uuid.uuid4(): self._some(mentors) for _ in range(3)}
        days = [self.some_day() for _ in made]

        def work(connection: Connection) -> None:
            with connection.transaction():
                for day, (activity, known) in zip(days, made.items(), strict=True):
                    values = (
                        activity,
                        self.organisation.id,
                        known.mentor,
                        self.coordinator,
                        day,
                        known.minutes,
                    )
                    _do(connection, _INSERT, *values)

        is_done = self.insist(self.coordinator, work)
        for activity, known in made.items():
            self.remember(activity, known, "by proxy, several statements", is_done)

    def _some(self, mentors: list[Mentor]) -> Known:
        return Known(self.chance.choice(mentors).id, self.coordinator, self.chance.randrange(1, 4))


_NEXT = {
    "active": ("paused", "withdrawn"),
    "paused": ("active", "withdrawn"),
    "withdrawn": ("paused",),
}


@dataclass
class StatusClient(Client):
    """Changes the statuses of an organisation's mentors, whom nobody else changes, and renews certificates."""

    organisation: Organisation = field(kw_only=True)

    def one_change(self) -> None:
        ours = [each for each in self.world.mentors if each.organisation_id == self.organisation.id]
        if self.chance.random() < 0.05:
            self._renew([each for each in ours if each.group == "expired"])
        else:
            self._change(self.chance.choice([each for each in ours if each.group == "changing"]))

    def _change(self, mentor: Mentor) -> None:
        before = self.journal.statuses.setdefault(mentor.id, ["active"])
        wanted = self.chance.choice(_NEXT[before[-1]])
        call = "select public.transition_mentor_status(%s, %s, expected_status => %s)"

        def work(connection: Connection) -> None:
            try:
                _do(connection, call, mentor.id, wanted, before[-1])
            except psycopg.Error as error:
                # The answer to our first try was lost: it is so already.
                if error.sqlstate != "PL002" or _status(connection, mentor.id) != wanted:
                    raise

        if self.insist(self.organisation.coordinators[0], work):
            before.append(wanted)
            self.journal.counts["status changes"] += 1
        else:
            self.journal.unsure_statuses.add(mentor.id)

    def _renew(self, mentors: list[Mentor]) -> None:
        coordinator = self.organisation.coordinators[0]
        mentor = self.chance.choice(mentors)
        found: list[str] = []
        if not self.insist(coordinator, lambda connection: found.append(_status(connection, mentor.id))):
            return
        if found[-1] != "expired_cert":
            return
        call = "select public.renew_certification(%s, %s::date, %s::date)"
        dates = (str(self.world.today), str(self.world.today + timedelta(days=365)))
        if self.insist(coordinator, lambda connection: _do(connection, call, mentor.id, *dates)):
            self.journal.renewed.add(mentor.id)
            self.journal.counts["certificates renewed"] += 1


def _do(connection: Connection, statement: str, *values: object) -> None:
    connection.execute(statement.encode(), values)


def _status(connection: Connection, mentor: UUID) -> str:
    row = connection.execute("select status from public.peer_mentors where id = %s", (mentor,)).fetchone()
    assert row is not None
    return str(row[0])


@dataclass
class Clients:
    world: World
    seed: int
    journal: Journal = field(default_factory=Journal)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        made: list[Client] = []

        def given(name: str) -> tuple[World, Journal, random.Random, threading.Event, str]:
            return self.world, self.journal, random.Random(f"{self.seed} {name}"), self._over, name

        made += [MentorClient(*given(f"mentors {number}")) for number in (1, 2)]
        for place, organisation in enumerate(self.world.organisations):
            for number, coordinator in enumerate(organisation.coordinators):
                made.append(
                    CoordinatorClient(
                        *given(f"coordinator {place}.{number}"),
                        organisation=organisation,
                        coordinator=coordinator,
                    )
                )
            made.append(StatusClient(*given(f"statuses {place}"), organisation=organisation))
        self._threads = [threading.Thread(target=each.run, name=each.name, daemon=True) for each in made]
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(patience)
            if thread.is_alive():
                self.world.found(f"the client {thread.name} is still waiting for an answer")
