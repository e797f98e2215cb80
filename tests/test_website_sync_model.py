"""Whatever happens in whatever order, in the end the portal shows what the database says.

Random histories against a simple model: several workers, some of which fall silent, fail, report late or
twice, while statuses flap. After every step the model and the database agree on versions and on the log.
"""

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field

import pytest
from conftest import Database
from website_sync_world import STATUSES, Claim, World, claim, complete, set_status

pytestmark = pytest.mark.one_target

_STEPS = 80
_WORKERS = ("w1", "w2", "w3")
_FAILURES = [
    (503, None),
    (429, None),
    (None, "timeout"),
    (None, "connection"),
    (404, None),
    (200, "bad_response"),
]


@dataclass
class Mentor:
    status: str = "active"
    version: int = 1
    holder: Claim | None = None
    lease_is_over: bool = False
    applied: int = 0


@dataclass
class History:
    world: World
    random: random.Random
    mentors: dict[uuid.UUID, Mentor] = field(default_factory=dict)
    held: list[Claim] = field(default_factory=list)
    reported: list[dict[str, object]] = field(default_factory=list)
    attempts: int = 0
    happened: Counter[str] = field(default_factory=Counter)

    def step(self) -> None:
        actions = [
            (self.change_status, 5),
            (self.claim, 5),
            (self.report, 6),
            (self.give_back, 1),
            (self.report_again, 1),
            (self.leases_run_out, 1),
            (self.worker_dies, 1),
            (self.requeue, 1),
            (self.time_passes, 2),
        ]
        action = self.random.choices([a for a, _ in actions], [weight for _, weight in actions])[0]
        action()
        self.happened[action.__name__] += 1

    def change_status(self) -> None:
        chosen = self.random.sample(sorted(self.mentors), self.random.randint(1, 3))
        status = self.random.choice(STATUSES)
        set_status(self.world.connection, chosen, status)
        for mentor in (self.mentors[mentor_id] for mentor_id in chosen):
            mentor.version += mentor.status != status
            mentor.status = status

    def requeue(self) -> None:
        mentor_id = self.random.choice(sorted(self.mentors))
        self.world.connection.execute("select public.requeue_hlf_sync(%s)", (mentor_id,))
        self.mentors[mentor_id].version += 1

    def claim(self) -> None:
        worker = self.random.choice(_WORKERS)
        claims = claim(self.world.connection, worker, self.random.randint(1, 3))
        operations = [claimed.operation for claimed in claims]
        assert operations == sorted(operations), "removals come first"
        for claimed in claims:
            mentor = self.mentors[claimed.mentor]
            wanted = "restore" if mentor.status == "active" else "remove"
            assert (claimed.version, claimed.operation) == (mentor.version, wanted)
            # Two at once only when the earlier lease ran out; that attempt then has its entry now.
            if mentor.holder is not None:
                assert mentor.lease_is_over, "nobody is claimed twice"
                self.attempts += 1
            mentor.lease_is_over = False
            mentor.holder = claimed
        self.held += claims
        self._bury()

    def _bury(self) -> None:
        """Whose last attempt was lost with its worker: found by the claim, and not handed out again."""
        given_up = {
            row[0]
            for row in self.world.connection.execute(
                "select mentor_id from public.hlf_sync_state where state = 'dead_lettered'"
            )
        }
        for mentor_id in given_up:
            mentor = self.mentors[mentor_id]
            if mentor.holder is not None:
                assert mentor.lease_is_over, "nobody is given up while somebody works on it"
                mentor.holder, mentor.lease_is_over = None, False
                self.attempts += 1
                self.happened["buried"] += 1

    def leases_run_out(self) -> None:
        for mentor in self.mentors.values():
            mentor.lease_is_over = mentor.holder is not None
        self.world.connection.execute(
            "update public.hlf_sync_state set lease_expires_at = now() - interval '1 second'"
            " where state = 'in_progress'"
        )

    def time_passes(self) -> None:
        self.world.connection.execute("update public.hlf_sync_state set next_attempt_at = now()")

    def worker_dies(self) -> None:
        """Before or after its requests were written; it will never report."""
        worker = self.random.choice(_WORKERS)
        for claimed in [one for one in self.held if one.worker == worker]:
            if self.mentors[claimed.mentor].holder == claimed and self.random.random() < 0.5:
                self.world.send(claimed)
            self.held.remove(claimed)

    def report(self) -> None:
        """Requests that arrive, or fail, whoever holds the lease by now; in one batch."""
        self.random.shuffle(self.held)
        batch, self.held = self.held[:3], self.held[3:]
        # One worker that reports twice for the same mentor is another story: see the pgTAP tests.
        results: list[tuple[Claim, int | None, dict[str, object]]] = []
        for claimed in batch:
            code, kind = (204, None) if self.random.random() < 0.6 else self.random.choice(_FAILURES)
            if code == 204 or (kind == "timeout" and self.random.random() < 0.5):
                self.world.send(claimed)
            results.append((claimed, code, claimed.result(code, kind)))
        self._complete(results)

    def give_back(self) -> None:
        if self.held:
            claimed = self.held.pop()
            mentor = self.mentors[claimed.mentor]
            [(accepted, state)] = complete(self.world.connection, [claimed.result(None, "not_sent")])
            # The same worker may hold the same version anew, after its own lease ran out.
            is_current = mentor.holder == claimed
            assert accepted == is_current
            if is_current:
                assert state == "pending"
                mentor.holder = None

    def report_again(self) -> None:
        if self.reported:
            result = self.random.choice(self.reported)
            holder = self.mentors[uuid.UUID(str(result["mentor_id"]))].holder
            # Indistinguishable from a report on the new lease.
            if holder and (holder.worker, holder.version) == (result["worker"], result["desired_version"]):
                return
            [(accepted, _)] = complete(self.world.connection, [result])
            assert not accepted

    def _complete(self, batch: list[tuple[Claim, int | None, dict[str, object]]]) -> None:
        outcomes = complete(self.world.connection, [result for _, _, result in batch])
        for (claimed, code, result), (accepted, state) in zip(batch, outcomes, strict=True):
            mentor = self.mentors[claimed.mentor]
            assert accepted == (mentor.holder == claimed)
            self.reported.append(result)
            if not accepted:
                continue
            mentor.holder = None
            self.attempts += 1
            if code == 204:
                assert claimed.version >= mentor.applied
                mentor.applied = claimed.version
                assert state == ("synced" if claimed.version == mentor.version else "pending")
            else:
                assert state in ("pending", "dead_lettered")

    def agrees(self) -> None:
        rows = self.world.connection.execute(
            "select mentor_id, desired_version, applied_version, operation, state = 'in_progress'"
            " from public.hlf_sync_state"
        ).fetchall()
        found = {row[0]: row[1:] for row in rows}
        expected = {
            mentor_id: (
                mentor.version,
                mentor.applied,
                "restore" if mentor.status == "active" else "remove",
                mentor.holder is not None,
            )
            for mentor_id, mentor in self.mentors.items()
        }
        assert found == expected
        assert self.world.entries() == self.attempts


@pytest.mark.parametrize("seed", range(12))
def test_any_history_ends_in_the_desired_state(database: Database, seed: int) -> None:
    world = World(database)
    history = History(world, random.Random(seed))
    history.mentors = {mentor: Mentor() for mentor in world.add_mentors(5)}
    world.connection.execute(
        "insert into public.organisation_settings (organisation_id, sync_max_attempts) values (%s, %s)",
        (world.organisation, (8, 2, 1)[seed % 3]),
    )
    for _ in range(_STEPS):
        history.step()
        history.agrees()
    assert {"claim", "report", "change_status"} <= history.happened.keys()

    # Workers fall silent, everything changes, one good worker settles it; then the silent ones' requests
    # arrive after all, each saying the opposite of what is wanted.
    history.time_passes()
    history.claim()
    for mentor_id, mentor in history.mentors.items():
        set_status(world.connection, [mentor_id], "paused" if mentor.status == "active" else "active")
    world.drain()
    assert world.differences() == []
    for mentor in history.mentors.values():
        mentor.holder = None
    while history.held:
        history.report()
    world.drain()
    assert world.differences() == []
    assert (
        world.one(
            "select count(*) from public.hlf_removals where num_nonnulls(confirmed_at, cancelled_at) = 0"
        )
        == 0
    )
