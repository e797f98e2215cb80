"""After the faults: the weather is good, what waits becomes due, and everything comes to rest."""

import shutil
import subprocess
import time
from collections.abc import Callable

from http_receiver import Answer

from chaos.clients import Clients
from chaos.runners import Runners
from chaos.world import HOOK, PATIENCE, World

# What nobody is left to hold, and what would be tried hours later: as if that time had passed.
_AFTER_ALL_LEASES = (
    "update public.hlf_sync_state set lease_expires_at = now() - interval '1 second' where state = 'in_progress'",
    "update public.notifications set lease_expires_at = now(), next_attempt_at = now() where state = 'in_progress'",
    # Nothing is under way any more, so that nothing can be carried out late.
    "update public.hlf_sync_state set remove_unsettled_until = now(), restore_unsettled_until = now()",
)
_AFTER_ALL_WAITING = (
    "update public.hlf_sync_state set next_attempt_at = least(next_attempt_at, now())"
    " where state = 'pending' or is_doubtful",
    "update public.notifications set next_attempt_at = least(next_attempt_at, now())"
    " where state = 'pending' and attempts > 0",
    "update public.hlf_sync_pauses set next_probe_at = least(next_probe_at, now()) where reason = 'outage'",
)
WAITING = """
select
    (select count(*) from public.hlf_sync_state where state <> 'synced' or is_doubtful)
    + (
        select count(*) from public.notifications
        where state = 'in_progress' or (state = 'pending' and (attempts > 0 or next_attempt_at <= now()))
    )
"""


def recover(world: World, runners: Runners, clients: Clients) -> None:
    world.standin.faults.clear()
    world.standin.token_faults.clear()
    world.hooks.answer(HOOK, Answer())
    world.hooks.released.set()
    # In good weather nobody is refused for long.
    time.sleep(3)
    clients.stop(PATIENCE)
    runners.stop()
    _wait(world, "requests to Dynamics are still under way", lambda: world.standin.journal.in_flight == 0)

    _release_as_it_was(world)
    must(runners, "migrate")
    must(runners, "migrate", "--check")
    must(runners, "check-credentials")
    for statement in _AFTER_ALL_LEASES:
        world.ask(statement)
    runners.start()
    drain(world)
    must(runners, "nightly")
    must(runners, "reconcile", "website")
    drain(world)
    runners.stop()
    must(runners, "seal", "--once")


def drain(world: World) -> None:
    """Until nothing is due any more."""

    def is_done() -> bool:
        for statement in _AFTER_ALL_WAITING:
            world.ask(statement)
        return world.ask(WAITING) == [(0,)]

    _wait(world, "the queues are not empty", is_done)


def must(runners: Runners, *arguments: str) -> str:
    deadline = time.monotonic() + PATIENCE
    code, words = runners.run(*arguments)
    # A worker runs the night at its start, and there is one at a time.
    while "PL004" in words and time.monotonic() < deadline:
        time.sleep(1)
        code, words = runners.run(*arguments)
    if code != 0:
        runners.world.found(f"in good weather peerledger {' '.join(arguments)} ended with {code}: {words}")
    return words


def _release_as_it_was(world: World) -> None:
    """But for its migrations, which are never taken back."""
    shutil.copytree(world.first_sql, world.release / "sql", dirs_exist_ok=True)


def _wait(world: World, otherwise: str, is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_done():
        if time.monotonic() > deadline:
            world.found(f"{otherwise} after {PATIENCE} s of good weather")
            return
        time.sleep(0.5)


def make_key(runners: Runners) -> str:
    """The public key of the seals."""
    with runners.command("seal", "--make-key") as process:
        words, _ = process.communicate()
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, "seal --make-key", words)
    return words.strip().splitlines()[-1]
