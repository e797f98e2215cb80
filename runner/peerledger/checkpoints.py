"""Checkpoints of the tree: C2SP signed notes, their key, and whether one continues another.

What judges them is the program that an auditor gets, docs/verify_proof.py: there is no second one here.
"""

import base64
import hashlib
import importlib.util
import os
import stat
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from peerledger.errors import RunnerError
from peerledger.sqlfiles import ROOT

VERIFIER = ROOT / "docs" / "verify_proof.py"
PACKAGE_VERIFIER = ROOT / "docs" / "verify_package.py"
_ED25519 = b"\x01"


@cache
def verifier() -> Any:
    return _load("verify_proof", VERIFIER)


@cache
def package_verifier() -> Any:
    # It finds the other one by this name, as it does where both lie in one directory.
    verifier()
    return _load("verify_package", PACKAGE_VERIFIER)


def _load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RunnerError(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def verifier_sha256() -> str:
    return hashlib.sha256(VERIFIER.read_bytes()).hexdigest()


def package_verifier_sha256() -> str:
    return hashlib.sha256(PACKAGE_VERIFIER.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    note: str
    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """What is signed, cosigned and stamped: the three lines with their newlines."""
        return self.note.partition("\n\n")[0].encode() + b"\n"

    @property
    def is_signed(self) -> bool:
        return "\n\u2014 " in self.note


def read(note: str, where: str) -> Checkpoint:
    try:
        origin, size, root, _, _ = verifier().read_checkpoint(note)
    except verifier().NotValid as error:
        raise RunnerError(f"{where} is no checkpoint: {error}.", 2) from None
    return Checkpoint(note, origin, size, root)


def read_file(path: Path) -> Checkpoint:
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise RunnerError(f"{path} cannot be read ({type(error).__name__}).", 2) from None


# The key. -------------------------------------------------------------------------------------------


def load_key(path: Path) -> Ed25519PrivateKey:
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as error:
        raise RunnerError(f"PEERLEDGER_SEAL_KEY_FILE: {path} cannot be read ({error.strerror}).", 2) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RunnerError(f"PEERLEDGER_SEAL_KEY_FILE: others can read {path}. Run chmod 600 on it.", 2)
    try:
        seed = base64.b64decode(content.strip(), validate=True)
        return Ed25519PrivateKey.from_private_bytes(seed)
    except ValueError:
        raise RunnerError(
            f"PEERLEDGER_SEAL_KEY_FILE: {path} holds no seed of 32 bytes in base64.", 2
        ) from None


def make_key(path: Path) -> Ed25519PrivateKey:
    """A file that is there is never replaced: what it signed could be signed by nobody else."""
    seed = os.urandom(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise RunnerError(f"{path} exists already; a key is never replaced.", 2) from None
    except OSError as error:
        raise RunnerError(f"{path} cannot be written ({error.strerror}).", 2) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(seed) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return Ed25519PrivateKey.from_private_bytes(seed)


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _key_id(name: str, key: Ed25519PrivateKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + _public(key)).digest()[:4]


def vkey(name: str, key: Ed25519PrivateKey) -> str:
    """The public key as it is handed out."""
    data = base64.b64encode(_ED25519 + _public(key)).decode()
    return f"{name}+{_key_id(name, key).hex()}+{data}"


def make(origin: str, size: int, root: bytes, key: Ed25519PrivateKey | None) -> Checkpoint:
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    note = text + "\n"
    if key is not None:
        signature = base64.b64encode(_key_id(origin, key) + key.sign(text.encode())).decode()
        note += f"\u2014 {origin} {signature}\n"
    return Checkpoint(note, origin, size, root)


def grouped(root: bytes | str | None) -> str:
    """In groups of four, as one reads it out over the telephone."""
    digits = root.hex() if isinstance(root, bytes) else root or ""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
