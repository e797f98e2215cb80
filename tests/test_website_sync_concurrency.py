"""Several workers, coordinators and status changes at once, with real connections."""

import random
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from conftest import Database
from psycopg import errors
from psycopg.types.json import Jsonb
from website_sync_world import PATIENCE, STATUSES, Claim, World, claim, complete, set_status

pytestmark = pytest.mark.one_target


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def at_once(*actions: Callable[[], None]) -> None:
    """Each in a thread, let loose at the same moment; the first error is raised."""
    barrier = threading.Barrier(len(actions), timeout=PATIENCE)

    def run(action: Callable[[], None]) -> None:
        barrier.wait()
        action()

    with ThreadPoolExecutor(len(actions)) as pool:
        for future in [pool.submit(run, action) for action in actions]:
            future.result(timeout=2 * PATIENCE)


def end_waiting(session: psycopg.Connection) -> None:
    """As if the time of every retry had come; in the order in which everybody locks."""
    session.execute(
        "update public.hlf_sync_state set next_attempt_at = now() where mentor_id in"
        " (select mentor_id from public.hlf_sync_state where state = 'pending'"
        " order by mentor_id for update skip locked)"
    )


def wait_until_blocked(world: World, session: psycopg.Connection, work: Future[object]) -> bool:
    """True once another session keeps this one waiting; False when it ends without having waited."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if world.one("select cardinality(pg_blocking_pids(%s)) > 0", session.info.backend_pid):
            return True
        if work.done():
            return False
        time.sleep(0.005)
    raise TimeoutError("the session neither waits nor ends")


def test_workers_side_by_side_claim_each_mentor_once(world: World) -> None:
    mentors = world.add_mentors(2000)
    claimed: list[Claim] = []
    # However late one of them comes, the others leave something to it.
    everybody_has_some = threading.Barrier(6, timeout=PATIENCE)

    def work(name: str) -> None:
        with world.session() as session:
            claimed.extend(claim(session, name, 37))
            everybody_has_some.wait()
            while batch := claim(session, name, 37):
                claimed.extend(batch)

    at_once(*(lambda n=f"w{number}": work(n) for number in range(6)))
    assert sorted(one.mentor for one in claimed) == mentors
    assert len({one.worker for one in claimed}) == 6


def test_a_claim_never_waits(world: World) -> None:
    mentors = world.add_mentors(3)
    changer, worker = world.session(), world.session()
    with changer.transaction():
        set_status(changer, mentors[:1], "paused")
        assert {one.mentor for one in claim(worker, "w", 10)} == set(mentors[1:])
    assert [(one.mentor, one.operation) for one in claim(worker, "w", 10)] == [(mentors[0], "remove")]


def test_a_result_waits_for_a_status_change_and_does_not_undo_it(world: World) -> None:
    [mentor] = world.add_mentors(1)
    changer, worker = world.session(), world.session()
    [claimed] = claim(worker, "w", 1)
    with ThreadPoolExecutor(1) as pool:
        with changer.transaction():
            set_status(changer, [mentor], "expired_cert")
            work = pool.submit(complete, worker, [claimed.result()])
            assert wait_until_blocked(world, worker, work)  # type: ignore[arg-type]
        assert work.result(timeout=PATIENCE) == [(True, "pending")]
    assert [(one.operation, one.version) for one in claim(worker, "w", 1)] == [("remove", 2)]


@pytest.mark.parametrize("has_row", [True, False])
def test_a_reconciliation_waits_for_a_status_change_and_does_not_undo_it(world: World, has_row: bool) -> None:
    [mentor] = world.add_mentors(1)
    world.drain()
    contact = world.one("select dynamics_contact_id from public.peer_mentors")
    if not has_row:
        world.connection.execute("delete from public.hlf_sync_state")
    changer, reconciler = world.session(), world.session()
    # What it saw is right for the status that it still sees, and wrong a moment later.
    observed = Jsonb([{"dynamics_contact_id": str(contact), "listed": False}])
    with ThreadPoolExecutor(1) as pool:
        with changer.transaction():
            set_status(changer, [mentor], "expired_cert")
            work = pool.submit(
                reconciler.execute, "select queued_restore from public.reconcile_hlf_sync(%s)", (observed,)
            )
            assert wait_until_blocked(world, reconciler, work)  # type: ignore[arg-type]
        assert work.result(timeout=PATIENCE).fetchone() == (1,)
    operations = world.connection.execute("select operation, triggered_by_event from public.hlf_sync_state")
    assert operations.fetchall() == [("remove", "reconciliation")]


def test_a_first_change_and_a_locked_mentor_do_not_deadlock(world: World) -> None:
    [mentor] = world.add_mentors(1)
    world.connection.execute("delete from public.hlf_sync_state")
    changer, coordinator = world.session(), world.session()
    with ThreadPoolExecutor(1) as pool:
        with changer.transaction():
            changer.execute("select from public.peer_mentors where id = %s for update", (mentor,))
            requeue = "select (public.requeue_hlf_sync(%s)).operation"
            work = pool.submit(coordinator.execute, requeue, (mentor,))
            assert wait_until_blocked(world, coordinator, work)  # type: ignore[arg-type]
            set_status(changer, [mentor], "paused")
        assert work.result(timeout=PATIENCE).fetchone() == ("remove",)


def test_status_changes_results_and_requeues_in_any_order_do_not_deadlock(world: World) -> None:
    mentors = world.add_mentors(60)
    rounds = 25
    chance = random.Random(25)

    def change(order: list[uuid.UUID]) -> None:
        with world.session() as session:
            for number in range(rounds):
                set_status(session, order, STATUSES[number % 4])

    def work(name: str) -> None:
        with world.session() as session:
            for _ in range(rounds):
                end_waiting(session)
                batch = claim(session, name, 40)
                chance.shuffle(batch)
                code = chance.choice((204, 503, 404, 401))
                for one in batch if code == 204 else []:
                    world.send(one)
                complete(session, [one.result(code) for one in batch])
                session.execute("select public.record_credential_check(true)")

    def requeue() -> None:
        with world.session() as session:
            for _ in range(rounds):
                session.execute("select public.requeue_dead_letters(%s)", (world.organisation,))

    # Several mentors in one statement are locked in the order of the table: one changer at a time.
    at_once(lambda: change(mentors), lambda: work("a"), lambda: work("b"), requeue, requeue)
    world.drain()
    assert world.differences() == []


def test_claims_of_a_killed_session_are_released(world: World) -> None:
    world.add_mentors(2)
    victim, worker = world.session(), world.session()
    victim.execute("begin")
    assert len(claim(victim, "victim", 10)) == 2
    assert claim(worker, "w", 10) == []
    world.connection.execute("select pg_terminate_backend(%s, 10000)", (victim.info.backend_pid,))
    with pytest.raises(errors.AdminShutdown):
        victim.execute("commit")
    assert len(claim(worker, "w", 10)) == 2
    assert world.entries() == 0


def test_claims_of_a_dead_worker_are_taken_over_when_the_lease_ends(world: World) -> None:
    world.add_mentors(2)
    with world.session() as victim:
        lost = claim(victim, "victim", 10, timedelta(minutes=10))
    assert claim(world.connection, "w", 10) == []
    world.connection.execute("update public.hlf_sync_state set lease_expires_at = now()")
    taken = claim(world.connection, "w", 10)
    assert len(taken) == 2
    assert complete(world.connection, [one.result() for one in lost]) == [(False, "in_progress")] * 2
    assert complete(world.connection, [one.result() for one in taken]) == [(True, "synced")] * 2
    outcomes = world.connection.execute(
        "select outcome, retry_count from public.hlf_sync_audit_log order by created_at"
    )
    assert outcomes.fetchall() == [("failure", 0)] * 2 + [("success", 1)] * 2


def test_workers_are_woken_by_new_work(world: World) -> None:
    mentors = world.add_mentors(3)
    listener = world.session()
    listener.execute("listen peerledger_hlf_sync")
    listener.execute("listen that_is_all")

    def woken() -> int:
        # What came before it has arrived when it arrives.
        world.connection.execute("notify that_is_all")
        channels: list[str] = []
        while "that_is_all" not in channels:
            found = [note.channel for note in listener.notifies(timeout=PATIENCE, stop_after=1)]
            assert found, "nothing arrives"
            channels += found
        return channels.index("that_is_all")

    set_status(world.connection, mentors, "paused")
    assert woken() == 1, "once a statement"
    batch = claim(world.connection, "w", 10)
    complete(world.connection, [batch[0].result(), batch[1].result(503), batch[2].result(404)])
    assert woken() == 0, "nothing is due yet"
    world.connection.execute("select public.requeue_dead_letters(%s)", (world.organisation,))
    assert woken() == 1
    claim(world.connection, "w", 10)
    world.connection.execute("select public.pause_hlf_sync()")
    assert woken() == 0
    world.connection.execute("select public.resume_hlf_sync()")
    assert woken() == 1


def test_killed_workers_and_flapping_statuses_leave_the_website_right(world: World) -> None:
    """Thousands of changes, four workers whose sessions are ended again and again."""
    mentors = world.add_mentors(1500)
    pids: dict[str, int] = {}
    stop = threading.Event()
    done = 0

    def work(name: str) -> None:
        nonlocal done
        life = 0
        chance = random.Random(name)
        while not stop.is_set():
            life += 1
            try:
                with world.session() as session:
                    pids[name] = session.info.backend_pid
                    while not stop.is_set():
                        batch = claim(session, f"{name}.{life}", 40, timedelta(seconds=5))
                        for one in batch:
                            world.send(one)
                        results = [
                            one.result(*chance.choice(((204, None), (204, None), (None, "timeout"))))
                            for one in batch
                        ]
                        done += sum(accepted for accepted, _ in complete(session, results))
            except psycopg.OperationalError:
                continue

    def disturb() -> None:
        chance = random.Random(1)
        deadline = time.monotonic() + PATIENCE
        rounds = 0
        with world.session() as session:
            while rounds < 40 or done <= 500:
                assert time.monotonic() < deadline, "no work is done"
                rounds += 1
                set_status(session, chance.sample(mentors, 150), chance.choice(STATUSES))
                session.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid = %s",
                    (chance.choice(list(pids.values()) or [0]),),
                )
                end_waiting(session)
                time.sleep(0.05)

    def disturb_and_stop() -> None:
        try:
            disturb()
        finally:
            stop.set()

    at_once(disturb_and_stop, *(lambda n=f"w{number}": work(n) for number in range(4)))
    world.drain()
    assert world.differences() == []
    unsettled = "select count(*) from public.hlf_sync_state where applied_version <> desired_version"
    assert world.one(unsettled) == 0
