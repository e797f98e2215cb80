"""A C2SP witness: it keeps the newest checkpoint that it saw of us, and signs only what continues it.

The one kind of outside that sees a fork by itself: whoever shows two histories to two auditors can have one
of them cosigned, not both. https://c2sp.org/tlog-witness
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from peerledger.answers import post_checkpoint
from peerledger.checkpoints import Checkpoint
from peerledger.database import Connection
from peerledger.errors import RunnerError
from peerledger.queries import ask, call

_COSIGNATURE = b"\x04"


class ForkError(Exception):
    """The witness has seen another tree under this name."""


def cosign(
    connection: Connection, made: Checkpoint, url: str, key: str | None = None
) -> tuple[bytes, datetime | None]:
    """The witness's cosignature lines; judged, and with their time, if its key is given.

    It says itself from which size on it wants to see the way.
    """
    ((known,),) = ask(connection, "witnessed_size", size=made.size)
    for _ in range(2):
        code, text = _post(connection, made, url, known)
        if code != 409:
            break
        try:
            known = int(text.strip())
        except ValueError:
            raise RunnerError("The witness refused the checkpoint and did not say what it knows.") from None
        if known > made.size:
            raise ForkError(f"The witness has seen a tree of {known:,} entries, this one has {made.size:,}.")
    if code == 422:
        raise ForkError(f"The witness has seen another tree than the one of {made.size:,} entries.")
    if code != 200 or not text or not all(line.startswith("\u2014 ") for line in text.splitlines()):
        raise RunnerError(f"The witness did not cosign the checkpoint (HTTP {code}).")
    if key is None:
        return text.encode(), None
    for line in text.splitlines():
        if (at := _cosigned_at(made, line, key)) is not None:
            return text.encode(), at
    raise RunnerError("The witness's cosignature is not by PEERLEDGER_SEAL_WITNESS_KEY.")


def is_key(key: str) -> bool:
    """A verifier key for cosignatures: name+id+base64. https://c2sp.org/tlog-cosignature"""
    name, _, rest = key.partition("+")
    key_id, _, data = rest.partition("+")
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        return False
    known = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    return len(raw) == 33 and raw[:1] == _COSIGNATURE and known.hex() == key_id


def _cosigned_at(made: Checkpoint, line: str, key: str) -> datetime | None:
    """The time in a cosignature line; None if that key did not sign it."""
    name, key_id, data = key.split("+", 2)
    _, signer, encoded = [*line.split(" "), "", ""][:3]
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    at, signature = int.from_bytes(raw[4:12]), raw[12:]
    if (signer, raw[:4].hex()) != (name, key_id):
        return None
    said = b"cosignature/v1\ntime %d\n%s" % (at, made.text)
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(data)[1:]).verify(signature, said)
    except InvalidSignature:
        return None
    return datetime.fromtimestamp(at, UTC)


def _post(connection: Connection, made: Checkpoint, url: str, known: int) -> tuple[int, str]:
    steps = call(connection, "private.consistency_proof", known, made.size)
    way = "".join(base64.b64encode(step).decode() + "\n" for step in steps)
    content = f"old {known}\n{way}\n{made.note}".encode()
    address = f"{url.rstrip('/')}/add-checkpoint"
    answer = post_checkpoint("PEERLEDGER_SEAL_WITNESS_URL", address, content, {}, any_code=True)
    return answer.code, answer.body.decode("utf-8", "replace")
