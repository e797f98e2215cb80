"""What goes wrong. One function a fault: it begins it, waits, and undoes it, whatever happens meanwhile.

There are three kinds, and one of each goes on at any time: of the runner's processes, of the database and the way to
it, and of what is outside. A fault of one kind meets those of the others as chance has it.
"""

import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import psycopg
from http_receiver import Answer

from chaos.runners import LONGEST_STOP, Runners
from chaos.world import DISK_FULL, HOOK, World, read_only
from peerledger.errors import one_line
from standin import Fault
from standin.faults import HTML_PAGE


@dataclass(frozen=True)
class Scene:
    world: World
    runners: Runners
    chance: random.Random

    def rest(self, shortest: float, longest: float) -> None:
        self.world.rest(self.chance.uniform(shortest, longest))


@dataclass(frozen=True)
class Kind:
    name: str
    part: str
    """runners, database or outside."""
    do: Callable[[Scene], None]
    needs_disk: bool = False
    is_slow: bool = False
    """What it leads to takes a minute to end: not in a short campaign."""


FAULTS: list[Kind] = []


def fault(
    part: str, name: str, *, needs_disk: bool = False, is_slow: bool = False
) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    def register(do: Callable[[Scene], None]) -> Callable[[Scene], None]:
        FAULTS.append(Kind(name, part, do, needs_disk, is_slow))
        return do

    return register


# The runner's processes. ------------------------------------------------------------------------------


@fault("runners", "runner killed (SIGKILL)")
def kill_a_runner(scene: Scene) -> None:
    runner = scene.chance.choice(scene.runners.all)
    with runner.held:
        runner.send(signal.SIGKILL)


@fault("runners", "all runners killed at once")
def kill_all_runners(scene: Scene) -> None:
    for runner in scene.runners.all:
        runner.send(signal.SIGKILL)


@fault("runners", "runner told to stop (SIGTERM)")
def stop_a_runner(scene: Scene) -> None:
    runner = scene.chance.choice(scene.runners.all)
    with runner.held:
        scene.runners.told_to_stop(runner)


@fault("runners", "runner asleep for longer than its leases (SIGSTOP)")
def put_a_runner_to_sleep(scene: Scene) -> None:
    runner = scene.chance.choice(scene.runners.all)
    with runner.held:
        runner.send(signal.SIGSTOP)
        try:
            scene.rest(7, 12)
        finally:
            runner.send(signal.SIGCONT)


@fault("runners", "runner whose clock is wrong: the night")
def run_a_night_by_a_wrong_clock(scene: Scene) -> None:
    code, words = scene.runners.run(_some_hours(scene), "nightly", module="chaos.wrong_clock")
    if code == 0:
        scene.world.found(f"a night was run by a wrong clock: {words}")


@fault("runners", "runner whose clock is wrong: a worker")
def work_by_a_wrong_clock(scene: Scene) -> None:
    with scene.runners.command(_some_hours(scene), "worker", module="chaos.wrong_clock") as process:
        drained = threading.Thread(target=process.communicate, daemon=True)
        drained.start()
        scene.rest(5, 10)
        process.send_signal(signal.SIGTERM)
        drained.join(LONGEST_STOP)
        if drained.is_alive():
            scene.world.found("a worker whose clock is wrong did not stop")


@fault("runners", "a night in the middle of it")
def run_a_night(scene: Scene) -> None:
    scene.runners.run("nightly")


@fault("runners", "a night, killed")
def kill_a_night(scene: Scene) -> None:
    with scene.runners.command("nightly") as process:
        time.sleep(scene.chance.uniform(0.8, 3))
        process.kill()


@fault("runners", "the website reconciled in the middle of it")
def reconcile_the_website(scene: Scene) -> None:
    scene.runners.run("reconcile", "website")


def _some_hours(scene: Scene) -> str:
    """Two minutes to five days, either way, in seconds."""
    return str(scene.chance.choice((-1, 1)) * scene.chance.choice((120, 7_200, 86_400, 432_000)))


# The database, and the way to it. -----------------------------------------------------------------------


@fault("database", "some backends ended")
def end_some_backends(scene: Scene) -> None:
    for _ in range(scene.chance.randrange(1, 6)):
        scene.world.ask(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and random() < 0.4"
        )
        scene.rest(0.1, 1)


@fault("database", "all backends ended")
def end_all_backends(scene: Scene) -> None:
    scene.world.ask(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )


@fault("database", "server crashed, and recovered")
def crash_the_server(scene: Scene) -> None:
    scene.world.restart_server("immediate")


@fault("database", "server restarted")
def restart_the_server(scene: Scene) -> None:
    scene.world.restart_server("fast")


@fault("database", "every connection taken")
def take_every_connection(scene: Scene) -> None:
    world = scene.world
    address = world.server.dsn(world.server.login_dsn, "postgres")
    with ExitStack() as stack:
        # Those of the runners too, so that they have to find new ones.
        end_all_backends(scene)
        while True:
            try:
                stack.enter_context(psycopg.connect(address, autocommit=True))
            except psycopg.OperationalError:
                break
        scene.rest(2, 6)


@fault("database", "an old transaction, which holds its snapshot")
def hold_a_snapshot(scene: Scene) -> None:
    with scene.world.connect() as connection:
        connection.execute("begin isolation level repeatable read")
        connection.execute("select count(*) from public.activities")
        scene.rest(4, 15)


@fault("database", "somebody's transaction holds some mentors")
def hold_some_mentors(scene: Scene) -> None:
    with scene.world.connect() as connection:
        connection.execute("begin")
        connection.execute(
            "select from public.peer_mentors where id in"
            " (select id from public.peer_mentors order by random() limit 5) order by id for update"
        )
        scene.rest(1, 6)


@fault("database", "read-only, as when the disk is nearly full")
def make_it_read_only(scene: Scene) -> None:
    read_only(scene.world, True)
    try:
        scene.rest(3, 8)
    finally:
        read_only(scene.world, False)


@fault("database", DISK_FULL, needs_disk=True)
def fill_the_disk(scene: Scene) -> None:
    with scene.world.full_disk():
        scene.rest(3, 8)


@fault("database", "connections of the runners broken")
def cut_the_runners_off(scene: Scene) -> None:
    for _ in range(scene.chance.randrange(1, 4)):
        scene.world.runner_wire.cut()
        scene.rest(0.2, 2)


@fault("database", "connections of the clients broken")
def cut_the_clients_off(scene: Scene) -> None:
    for _ in range(scene.chance.randrange(1, 6)):
        scene.world.client_wire.cut()
        scene.rest(0.1, 1)


@fault("database", "connections frozen while TCP acknowledges", is_slow=True)
def freeze_the_connections(scene: Scene) -> None:
    scene.world.runner_wire.freeze()
    try:
        scene.rest(3, 20)
    finally:
        scene.world.runner_wire.thaw()
        scene.world.frozen_at = time.monotonic()


@fault("database", "an upgrade: a migration, functions and policies anew")
def upgrade(scene: Scene) -> None:
    _change_the_release(scene)
    _finish_the_upgrade(scene)


@fault("database", "an upgrade, killed and begun again")
def kill_an_upgrade(scene: Scene) -> None:
    _change_the_release(scene)
    with scene.runners.command("migrate") as process:
        time.sleep(scene.chance.uniform(0.5, 5))
        process.kill()
    _finish_the_upgrade(scene)


def _change_the_release(scene: Scene) -> None:
    """A column for what everybody writes to, a policy and a function that differ by a line."""
    release = scene.world.release
    number = len(list((release / "migrations").glob("99*.sql")))
    (release / "migrations" / f"99{number:02}.more.sql").write_text(
        f"set role peerledger_owner;\nalter table public.activities add column extra_{number} text;\nreset role;\n"
    )
    policy = release / "sql" / "policies" / f"{scene.chance.choice(_POLICIES)}.sql.j2"
    function = scene.chance.choice(sorted((release / "sql" / "functions" / "proxy").glob("*.sql")))
    for file in (policy, function):
        file.write_text(f"{file.read_text()}-- Once more: {number}.\n")


_POLICIES = ("activities", "proxy_audit_log", "peer_mentors", "notifications", "hlf_sync_state")


def _finish_the_upgrade(scene: Scene) -> None:
    """Refused while somebody is in the way, tried again."""
    for _ in range(5):
        began = time.monotonic()
        code, words = scene.runners.run("migrate")
        if code == 0:
            return
        scene.world.tell(f"         migrate, {time.monotonic() - began:.0f} s: {one_line(words)[:300]}")
    scene.world.found(f"five times no upgrade: {words.strip().splitlines()[-1:]}")


# What is outside: the portal, its tokens, and the receiver of messages. --------------------------------------


def _requests(scene: Scene, *made: Callable[[], Fault]) -> None:
    """So many requests each meet one of these, then it is over."""
    faults = scene.world.standin.faults
    faults.add(*(scene.chance.choice(made)() for _ in range(scene.chance.randrange(10, 60))))
    scene.rest(3, 8)
    faults.clear()


@fault("outside", "Dynamics: too many requests (429)")
def throttle(scene: Scene) -> None:
    _requests(
        scene, lambda: Fault(status=429, retry_after="1"), lambda: Fault(status=429, retry_after="soon")
    )


@fault("outside", "Dynamics: 500, 502, 503, 504")
def fail(scene: Scene) -> None:
    _requests(scene, *(lambda code=code: Fault(status=code) for code in (500, 502, 503, 504)))


@fault("outside", "Dynamics: requests that hang, and are not carried out")
def hang(scene: Scene) -> None:
    _requests(scene, lambda: Fault(latency=3, cut="before"))


@fault("outside", "Dynamics: requests carried out after our time-out")
def carry_out_late(scene: Scene) -> None:
    _requests(scene, lambda: Fault(latency=scene.chance.uniform(1.5, 9)), Fault)


@fault("outside", "Dynamics: replies late")
def reply_late(scene: Scene) -> None:
    _requests(scene, lambda: Fault(latency_after=scene.chance.uniform(1.5, 5)))


@fault("outside", "Dynamics: replies lost")
def lose_replies(scene: Scene) -> None:
    _requests(scene, lambda: Fault(cut="after"), Fault)


@fault("outside", "Dynamics: connections refused and back, again and again")
def flap(scene: Scene) -> None:
    for _ in range(scene.chance.randrange(2, 6)):
        scene.world.standin.stop_listening()
        try:
            scene.rest(0.2, 1.5)
        finally:
            scene.world.standin.listen_again()
        scene.rest(0.2, 1.5)


@fault("outside", "Dynamics: a page of a proxy, or nonsense, instead of an answer")
def talk_nonsense(scene: Scene) -> None:
    _requests(scene, lambda: HTML_PAGE, lambda: Fault(raw=b"HTTP/1.1 abc\r\n\r\n"))


@fault("outside", "Entra: tokens revoked")
def revoke_tokens(scene: Scene) -> None:
    _requests(scene, lambda: Fault(revokes_tokens=True), Fault, Fault)


@fault("outside", "Entra: 500, time-outs, no answer")
def fail_to_give_tokens(scene: Scene) -> None:
    world = scene.world
    world.standin.token_faults.add(
        *(
            scene.chance.choice((Fault(status=500), Fault(status=429), Fault(latency=3), Fault(cut="before")))
            for _ in range(8)
        )
    )
    world.standin.entra.revoke_tokens()
    scene.rest(3, 8)
    world.standin.token_faults.clear()


@fault("outside", "Entra: credentials refused, then put right")
def refuse_the_credentials(scene: Scene) -> None:
    entra = scene.world.standin.entra
    entra.secret_has_expired = True
    entra.revoke_tokens()
    try:
        scene.rest(3, 8)
    finally:
        entra.secret_has_expired = False
    # As the runbook says.
    scene.runners.run("check-credentials")


def _messages(scene: Scene, *answers: Answer) -> None:
    hooks = scene.world.hooks
    hooks.answer(HOOK, *(scene.chance.choice(answers) for _ in range(20)), Answer())
    scene.rest(3, 8)
    hooks.answer(HOOK, Answer())


@fault("outside", "receiver of messages: 429, 500, 503")
def refuse_messages(scene: Scene) -> None:
    _messages(scene, Answer(503), Answer(500), Answer(429, headers={"retry-after": "1"}), Answer())


@fault("outside", "receiver of messages: answers lost or never given")
def take_messages_in_silence(scene: Scene) -> None:
    _messages(scene, Answer(resets=True), Answer(), Answer(), Answer(hangs=True))
