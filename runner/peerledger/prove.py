"""`prove`: the pocket proof of one log entry, a file that docs/verify_proof.py judges without us."""

import base64
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peerledger import checkpoints, timestamps
from peerledger.database import Database
from peerledger.errors import RunnerError
from peerledger.files import writing
from peerledger.plan import snapshot
from peerledger.queries import ask

TLOG_PROOF = "c2sp.org/tlog-proof@v1"


def prove(
    database: Database, log: str, entry_id: uuid.UUID, at: int | None = None, seen: Sequence[Path] = ()
) -> dict[str, Any]:
    sizes = [checkpoints.read_file(path).size for path in seen]
    with snapshot(database) as connection:
        ((proof,),) = ask(connection, "pocket_proof", log=log, entry=entry_id, at=at, sizes=sizes)
    # As an auditor reads it: first what is proved.
    names = ("format", "log", "line", "index", "inclusion", "checkpoint", "consistency")
    # What others said of the checkpoint, if they were asked, comes after what our own program judges.
    others = [name for name in ("timestamp", "cosignatures") if name in proof]
    if "timestamp" in proof:
        proof["timestamp"] = {
            "tsa": timestamps.authority(base64.b64decode(proof["timestamp"]["token"])),
            **proof["timestamp"],
        }
    return {name: proof[name] for name in (*names, *others)}


def write(proof: dict[str, Any], out: Path | None, tlog_proof: bool) -> str:
    """Returns the JSON text, written to the file if there is one, with C2SP's form beside it if wanted."""
    text = json.dumps(proof, ensure_ascii=False, indent=1) + "\n"
    if tlog_proof and out is None:
        raise RunnerError("--tlog-proof needs --out: the other form is written beside that file.", 2)
    if out is not None:
        with writing(out):
            out.write_text(text, encoding="utf-8")
            if tlog_proof:
                out.with_suffix(".tlog-proof").write_text(as_tlog_proof(proof), encoding="utf-8")
    return text


def as_tlog_proof(proof: dict[str, Any]) -> str:
    """C2SP tlog-proof: path and checkpoint, for their tools; the entry itself is not in it."""
    return "\n".join([TLOG_PROOF, f"index {proof['index']}", *proof["inclusion"], "", proof["checkpoint"]])
