"""Where a checkpoint goes, and what came back. Only what was sent out binds whoever owns the server."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from peerledger import checkpoints
from peerledger.answers import post_checkpoint
from peerledger.checkpoints import Checkpoint
from peerledger.database import Connection
from peerledger.errors import BrokenError, RunnerError
from peerledger.files import write_whole
from peerledger.queries import ask, call
from peerledger.settings import Settings


def send(connection: Connection, made: Checkpoint, settings: Settings, to: Path | None) -> None:
    """Each way that is set. One that fails keeps the others from nothing; the gravest failure is told."""
    ways: list[Callable[[], None]] = []
    if to is not None:
        ways.append(lambda: _to_directory(connection, made, to))
    if settings.seal_webhook is not None:
        webhook = settings.seal_webhook.get_secret_value()
        ways.append(lambda: _to_webhook(connection, made, webhook))
    if settings.seal_tsa_url is not None:
        tsa = settings.seal_tsa_url.get_secret_value()
        ways.append(lambda: _stamp(connection, made, tsa, settings.seal_tsa_ca_file))
    if settings.seal_witness_url is not None:
        witness = settings.seal_witness_url.get_secret_value()
        ways.append(lambda: _witness(connection, made, witness, settings.seal_witness_key))
    failures: list[RunnerError] = []
    for way in ways:
        try:
            way()
        except RunnerError as error:
            failures.append(error)
    if failures:
        raise max(failures, key=lambda error: error.exit_code)


def receive(
    connection: Connection, made: Checkpoint, kind: str, receipt: bytes, attested_at: datetime | None = None
) -> None:
    """Once: what was sent out is not sent out more by being sent again."""
    if not _is_received(connection, made, kind):
        call(connection, "private.record_receipt", made.size, kind, receipt, attested_at)


def _is_received(connection: Connection, made: Checkpoint, kind: str) -> bool:
    return ask(connection, "sent_receipt", size=made.size, kind=kind).fetchone() == (True,)


def _to_directory(connection: Connection, made: Checkpoint, to: Path) -> None:
    path = to / f"{made.size:012d}.checkpoint"
    # A directory with a retention lock takes a file once.
    if not path.exists():
        write_whole(path, made.note)
    elif checkpoints.read_file(path).root != made.root:
        raise BrokenError(f"{path} is a checkpoint of another tree of the same size.")
    receive(connection, made, "directory", str(path).encode())


def _to_webhook(connection: Connection, made: Checkpoint, webhook: str) -> None:
    text = {"Content-Type": "text/plain; charset=utf-8"}
    # The status is all of the answer that counts.
    answer = post_checkpoint("PEERLEDGER_SEAL_WEBHOOK", webhook, made.note.encode(), text, with_body=False)
    receive(connection, made, "webhook", f"HTTP {answer.code}".encode())


def _stamp(connection: Connection, made: Checkpoint, url: str, ca_file: Path | None) -> None:
    from peerledger import timestamps

    if ca_file is None:
        raise RunnerError(
            "A time stamp that nobody judges is worth nothing: name the certificates of the authority in "
            "PEERLEDGER_SEAL_TSA_CA_FILE.",
            2,
        )
    if not _is_received(connection, made, "timestamp"):
        token, at = timestamps.stamp(made.text, url, timestamps.load_certificates(ca_file))
        receive(connection, made, "timestamp", token, at)


def _witness(connection: Connection, made: Checkpoint, url: str, key: str | None) -> None:
    from peerledger import witness

    if not made.is_signed:
        raise RunnerError("A witness takes signed checkpoints only: set PEERLEDGER_SEAL_KEY_FILE.", 2)
    if _is_received(connection, made, "witness"):
        return
    try:
        lines, at = witness.cosign(connection, made, url, key)
    except witness.ForkError as fork:
        raise BrokenError(f"{fork} This database is not the only one under the name {made.origin}.") from None
    receive(connection, made, "witness", lines, at)
