"""Faults of each kind, one after the other, for so long; then good weather, and the audit."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from chaos import audit, recovery
from chaos.clients import Clients, Journal
from chaos.faults import FAULTS, Kind, Scene
from chaos.runners import Runners
from chaos.world import World, a_world, people

PARTS = ("runners", "database", "outside")


@dataclass(frozen=True)
class Outcome:
    faults: Counter[str]
    acknowledged: Counter[str]
    errors: Counter[str]
    """What clients met and got over."""
    endings: Counter[str]
    """How runners ended."""
    requests: int
    messages: int
    repeated: int
    checks: dict[str, int]
    findings: list[str]


def run(
    target: str,
    seed: int,
    seconds: float,
    *,
    is_short: bool = False,
    only: str = "",
    tell: Callable[[str], None] = print,
    then: Callable[[World, Runners, Journal, str], None] | None = None,
) -> Outcome:
    """`is_short`: without what takes a minute to end; `only`: the faults with these words in their names; `then` is
    done after the audit, while everything is still there."""
    with a_world(target, seconds, tell) as world:
        decks = {part: _deck(world, part, is_short, only) for part in PARTS}
        runners = Runners(world)
        clients = Clients(world, seed)
        try:
            key = begin(world, runners)
            clients.start()
            rage(world, runners, seed, seconds, decks)
            tell("no more faults")
            recovery.recover(world, runners, clients)
        finally:
            runners.kill()
            clients.stop(0)
        checks = audit.audit(world, runners, clients.journal, key)
        outcome = Outcome(
            faults=world.counts,
            acknowledged=clients.journal.counts,
            errors=clients.journal.errors,
            endings=runners.ended,
            requests=len(world.standin.journal),
            messages=len(world.hooks.requests),
            repeated=audit.repeated(world),
            checks=checks,
            findings=list(world.findings),
        )
        if then is not None:
            then(world, runners, clients.journal, key)
        return outcome


def begin(world: World, runners: Runners) -> str:
    recovery.must(runners, "migrate")
    people(world)
    key = recovery.make_key(runners)
    runners.start()
    return key


def _deck(world: World, part: str, is_short: bool, only: str) -> list[Kind]:
    return [
        kind
        for kind in FAULTS
        if kind.part == part
        and only in kind.name
        and (world.has_disk or not kind.needs_disk)
        and not (is_short and kind.is_slow)
    ]


def rage(world: World, runners: Runners, seed: int, seconds: float, decks: dict[str, list[Kind]]) -> None:
    began = time.monotonic()
    lanes = [
        threading.Thread(target=_lane, args=(world, runners, part, seed, deck, began), daemon=True)
        for part, deck in decks.items()
        if deck
    ]
    for lane in lanes:
        lane.start()
    world.over.wait(seconds)
    world.over.set()
    for lane in lanes:
        lane.join()


def _lane(world: World, runners: Runners, part: str, seed: int, deck: list[Kind], began: float) -> None:
    """Each fault of its part once, shuffled; and again."""
    chance = random.Random(f"{seed} {part}")
    scene = Scene(world, runners, chance)
    while not world.over.is_set():
        for kind in chance.sample(deck, len(deck)):
            world.rest(chance.uniform(0.3, 2))
            if world.over.is_set():
                return
            world.tell(f"{time.monotonic() - began:5.0f} s  {part:8}  {kind.name}")
            world.counts[kind.name] += 1
            _do(world, scene, kind)


def _do(world: World, scene: Scene, kind: Kind) -> None:
    try:
        kind.do(scene)
    # The others go on; that one is to be looked at.
    except Exception as error:
        world.found(f"the fault {kind.name!r} itself broke off: {type(error).__name__}: {error}")
