"""`seal`: entries get their places in the tree, and what the tree is gets signed and sent out.

Sealing is the database's; a checkpoint is this program's. Before it signs one it compares the tree with the
last one that it signed, in a file of its own: a database that does not continue it gets no signature.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.rows import dict_row

from peerledger import checkpoints, sending
from peerledger.checkpoints import Checkpoint, grouped
from peerledger.database import Connection, Database
from peerledger.errors import BrokenError, RunnerError, from_database
from peerledger.files import write_whole
from peerledger.plan import require_migrated
from peerledger.queries import ask, call, rows
from peerledger.settings import Settings

_LIMIT = 50_000
_OWN = "checkpoint"
Report = Callable[[str], None]


class SealingElsewhereError(RunnerError):
    """Another process is sealing just now."""


@dataclass(frozen=True)
class Sealed:
    entries: int
    size: int


def seal(
    database: Database, report: Report = lambda line: None, stopped: Callable[[], bool] = lambda: False
) -> Sealed:
    """Seals until a batch has less than the limit, and nothing is left to adopt."""
    total, size = 0, 0
    with database.connect(autocommit=True) as connection:
        require_migrated(connection)
        while not stopped():
            try:
                ((after, first, adopts, most),) = ask(connection, "seal_batch", most=_LIMIT)
                ((size, is_adopting, last),) = ask(connection, "adoption_state")
            except psycopg.Error as error:
                refused = from_database(error, "seal")
                if error.sqlstate == "PL004":
                    raise SealingElsewhereError(refused.message) from error
                raise refused from error
            if after is not None:
                total += after - first
                if adopts and is_adopting:
                    report(f"Adopted {total:,} entries so far, up to {last.rpartition('/')[2]} …")
            if not is_adopting and (after is None or most < _LIMIT):
                break
    return Sealed(total, size)


def checkpoint(
    database: Database,
    settings: Settings,
    *,
    to: Path | None = None,
    adopt: bool = False,
    new_generation: str | None = None,
    report: Report = lambda line: None,
) -> Checkpoint | None:
    """The newest checkpoint, made if the tree has grown; None when nothing is sealed yet.

    In this order: read size and root of what is committed, compare, sign, keep, tell the database, send out.
    """
    key = checkpoints.load_key(settings.seal_key_file) if settings.seal_key_file else None
    own = own_directory(settings) / _OWN
    with database.connect(autocommit=True) as connection:
        require_migrated(connection)
        ask(connection, "checkpoint_lock")
        _begin(connection, settings)
        last = _last(connection, own, key, report)
        if new_generation is not None:
            call(
                connection,
                "private.restart_seals",
                new_generation,
                last.size if last else 0,
                last.root.hex() if last else None,
            )
            if own.exists():
                own.replace(own.with_name(f"{_OWN}-before-{_origin(connection).replace('/', '-')}"))
            last = None
        elif adopt:
            call(connection, "private.adopt_seals")
    if new_generation is not None or adopt:
        # What was just said is itself an entry; it is in the first checkpoint that follows from it.
        seal(database)
    with database.connect(autocommit=True) as connection:
        ask(connection, "checkpoint_lock")
        try:
            made = _make(connection, last, key, own, report)
            if made is not None:
                sending.send(connection, made, settings, to)
        except BrokenError as error:
            _alert(connection, error)
            raise
    return made


def origin(database: Database, settings: Settings) -> str:
    """The name that checkpoints bear, given to the tree if it has none yet."""
    with database.connect(autocommit=True) as connection:
        require_migrated(connection)
        _begin(connection, settings)
        return _origin(connection)


def own_directory(settings: Settings) -> Path:
    return settings.seal_dir or settings.data_dir / "seals"


def _begin(connection: Connection, settings: Settings) -> None:
    (state,) = rows(connection, "private.begin_checkpoint", settings.seal_origin, row_factory=dict_row)
    origin = state["origin"]
    if settings.seal_origin not in (None, origin):
        raise RunnerError(
            f"PEERLEDGER_SEAL_ORIGIN: the checkpoints of this database bear the name {origin} already.", 2
        )


def _last(
    connection: Connection, own: Path, key: Ed25519PrivateKey | None, report: Report
) -> Checkpoint | None:
    """What was signed last: by our own file; by the database's word only where there is none."""
    if own.exists():
        last = checkpoints.read_file(own)
        if last.is_signed and key is not None:
            _check_signature(last, key, str(own))
        return last
    row = ask(connection, "newest_checkpoint").fetchone()
    if row is None:
        return None
    report(f"There is no {own}; compared with the newest checkpoint that the database keeps instead.")
    return checkpoints.read(row[0], "The newest checkpoint of the database")


def _check_signature(last: Checkpoint, key: Ed25519PrivateKey, where: str) -> None:
    judge = checkpoints.verifier()
    try:
        judge.check_key(last.note, checkpoints.vkey(last.origin, key))
    except judge.NotValid as error:
        raise RunnerError(
            f"{where}: {error}. Is PEERLEDGER_SEAL_KEY_FILE the key that signed it?", 2
        ) from None


def _make(
    connection: Connection, last: Checkpoint | None, key: Ed25519PrivateKey | None, own: Path, report: Report
) -> Checkpoint | None:
    size = call(connection, "private.tree_size")
    origin = _origin(connection)
    if last is not None:
        compare(connection, last, size)
        if last.origin != origin:
            raise BrokenError(
                f"The checkpoints so far are of {last.origin}, the database says it is {origin}. "
                "Nothing was signed. If that is meant: peerledger seal --new-generation --reason CODE."
            )
    if size == 0:
        return None
    if ask(connection, "server_may_sign").fetchone() != (True,):
        raise BrokenError(
            "This is another server than the one whose checkpoints were signed, or it was promoted. "
            "Nothing was signed. If it is the production database now: peerledger seal --adopt; "
            "if entries were lost: peerledger seal --new-generation --reason CODE."
        )
    if last is not None and last.size == size and (last.is_signed or key is None):
        if not own.exists():
            write_whole(own, last.note)
        _record(connection, last)
        sending.receive(connection, last, "own_file", str(own).encode())
        return last
    made = checkpoints.make(origin, size, _root(connection, size), key)
    write_whole(own, made.note)
    _record(connection, made)
    sending.receive(connection, made, "own_file", str(own).encode())
    report(f"Checkpoint of {made.size:,} entries, root {grouped(made.root)}")
    return made


def compare(connection: Connection, seen: Checkpoint, size: int) -> None:
    """Raises unless the tree, of that size now, continues the one that was seen."""
    judge = checkpoints.verifier()
    try:
        if seen.size > size:
            raise judge.NotValid(f"the tree shrank: {seen.size} → {size}")
        root = _root(connection, size)
        hashes = call(connection, "private.consistency_proof", seen.size, size)
        judge.continues(seen.size, seen.root, size, root, hashes)
    except judge.NotValid as error:
        raise BrokenError(
            f"The database does not continue the checkpoint of {seen.size:,} entries: {error}. "
            "Nothing was signed. If it was restored from a backup: "
            "peerledger seal --new-generation --reason CODE."
        ) from None
    except psycopg.Error as error:
        if error.sqlstate == "PL008":
            raise BrokenError(
                f"The database cannot show that it continues the checkpoint of {seen.size:,} entries: "
                f"{error.diag.message_primary}"
            ) from error
        raise


def _root(connection: Connection, size: int) -> bytes:
    root: bytes = call(connection, "private.range_root", 0, size)
    return root


def _origin(connection: Connection) -> str:
    return str(call(connection, "private.seal_origin"))


def _record(connection: Connection, made: Checkpoint) -> None:
    call(connection, "private.record_checkpoint", made.size, made.note)
    ask(connection, "acknowledge_broken_seal")


def _alert(connection: Connection, error: BrokenError) -> None:
    call(connection, "private.raise_alert", "seal_broken", "critical", error.message[:500], "seal_broken")


def status(connection: Connection) -> dict[str, Any]:
    return dict(call(connection, "private.seal_status"))
