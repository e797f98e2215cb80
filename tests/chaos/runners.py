"""The runner's processes. One that ends is started again, as a host does; what it printed is kept."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from chaos.world import HOOK, World
from peerledger.sqlfiles import ROOT

# Told to stop: 75 s for what threads wait for, 30 s for a goodbye, less than the unit's two minutes.
LONGEST_STOP = 110
_COMMAND_SECONDS = 170
_RESTART_SECONDS = 3
LONG_RUNNING = {
    "worker-1": ("worker",),
    "worker-2": ("worker",),
    "sync": ("sync",),
    "notify": ("notify",),
}


@dataclass
class Runner:
    name: str
    arguments: tuple[str, ...]
    directory: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    ended_at: float | None = None
    # Whoever does something to it: one at a time.
    held: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "peerledger", *self.arguments],
                cwd=self.directory,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


@dataclass
class Runners:
    world: World
    all: list[Runner] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    """How each that ended did so."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._webhook_secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
        self.key_file = self.world.folder / "seal.key"

    def environment(self, **changes: str) -> dict[str, str]:
        world = self.world
        # There tonight's time has passed, and the next one is far.
        hours = 12 - datetime.now(UTC).hour
        given = {
            "DATABASE_URL": world.runner_address,
            "NOTIFY_TRANSPORT": "webhook",
            "WEBHOOK_URL": world.hooks.url + HOOK,
            "WEBHOOK_SECRET": self._webhook_secret,
            "NOTIFY_POLL_SECONDS": "2",
            "NIGHTLY_ZONE": f"Etc/GMT{-hours:+d}",
            "SEAL_KEY_FILE": str(self.key_file),
            "SEAL_SECONDS": "1",
            "CHECKPOINT_MINUTES": "0.2",
            "DYNAMICS_MAX_IN_FLIGHT": "13",
            "DYNAMICS_TIMEOUT_SECONDS": "2",
            "SYNC_LEASE_SECONDS": "6",
            "MIGRATE_WAIT_SECONDS": "20",
        } | changes
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
        return {
            **clean,
            **world.standin.settings(),
            **{f"PEERLEDGER_{name}": value for name, value in given.items()},
            # The release before the checkout that it was copied from; the latter for what is ours alone.
            "PYTHONPATH": os.pathsep.join(
                str(path) for path in (world.release / "runner", world.release, ROOT / "tests", ROOT)
            ),
        }

    def start(self) -> None:
        for name, arguments in LONG_RUNNING.items():
            self.all.append(self._new(name, arguments))
        self._stopping.clear()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _new(self, name: str, arguments: tuple[str, ...]) -> Runner:
        directory = self.world.folder / name
        directory.mkdir(exist_ok=True)
        runner = Runner(name, arguments, directory, self.environment())
        runner.start()
        return runner

    def _keep(self) -> None:
        while not self._stopping.wait(0.3):
            for runner in self.all:
                if runner.held.acquire(blocking=False):
                    try:
                        self._start_again(runner)
                    finally:
                        runner.held.release()

    def _start_again(self, runner: Runner) -> None:
        if runner.process is None or (code := runner.process.poll()) is None:
            return
        if runner.ended_at is None:
            self.ended[_in_words(code)] += 1
            runner.ended_at = time.monotonic()
        if time.monotonic() > runner.ended_at + _RESTART_SECONDS:
            runner.ended_at = None
            runner.start()

    def told_to_stop(self, runner: Runner) -> None:
        """It must end, and well; the caller holds it."""
        process = runner.process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        try:
            code = process.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.world.found(f"{runner.name} had not stopped {LONGEST_STOP} s after SIGTERM")
            return
        self.ended[f"SIGTERM: {_in_words(code)}"] += 1
        # By the signal: it was about to start. 1: it was about to end by itself.
        if code not in (0, -signal.SIGTERM, 1):
            self.world.found(
                f"{runner.name}, told to stop, ended with {code} after {time.monotonic() - began:.0f} s"
            )

    def stop(self) -> None:
        """All of them, together. What they print of a fault in our code is a finding."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        threads = [threading.Thread(target=self._stop, args=(runner,)) for runner in self.all]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.all.clear()

    def _stop(self, runner: Runner) -> None:
        with runner.held:
            self.told_to_stop(runner)

    def kill(self) -> None:
        """However it ends, no process is left behind."""
        self._stopping.set()
        for runner in self.all:
            if runner.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    runner.process.kill()
                runner.process.wait()

    # Commands that end by themselves. -----------------------------------------------------------------

    @contextmanager
    def command(self, *arguments: str, module: str = "peerledger") -> Iterator["subprocess.Popen[str]"]:
        directory = self.world.folder / "commands"
        directory.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=directory,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def run(self, *arguments: str, module: str = "peerledger") -> tuple[int, str]:
        """Its exit code and what it said. That it never ends is a finding, as is a traceback."""
        began = time.monotonic()
        with self.command(*arguments, module=module) as process:
            try:
                words, _ = process.communicate(timeout=_COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                # On a connection that went silent it waits for its statement, which may be an hour long.
                if began > self.world.frozen_at:
                    self.world.found(f"peerledger {' '.join(arguments)} did not end in {_COMMAND_SECONDS} s")
                return -1, ""
        if "Traceback" in words:
            self.world.found(f"peerledger {' '.join(arguments)} broke off: {words.strip().splitlines()[-1]}")
        return process.returncode, words

    def tracebacks(self) -> list[str]:
        """What each broke off with, in its log."""
        found = []
        for log in sorted(self.world.folder.glob("*/log")):
            lines = log.read_text(errors="replace").splitlines()
            begins = [number for number, line in enumerate(lines) if line.startswith("Traceback")]
            for number in begins:
                last = next((line for line in lines[number + 1 :] if line and line[0] not in " {|+"), "?")
                found.append(f"{log.parent.name}: {last[:200]}")
        return found


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
