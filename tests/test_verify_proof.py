"""The auditor's program: a sound proof, and files that were spoilt on the way."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import merkle
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from peerledger import checkpoints

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "peerledger.org/test"
VKEY = "peerledger.org/test+787261c4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
VECTORS = json.loads((Path(__file__).parent / "evidence" / "vectors.json").read_text(encoding="utf-8"))
LEAVES = [bytes.fromhex(vector["leaf"]) for vector in VECTORS]
Proof = dict[str, Any]


def b64(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]


def note(size: int, key: Ed25519PrivateKey | None = KEY) -> str:
    return checkpoints.make(NAME, size, merkle.root(LEAVES[:size]), key).note


def proof() -> Proof:
    return {
        "format": "peerledger-proof/1",
        "log": VECTORS[3]["log"],
        "line": VECTORS[3]["line"],
        "index": 3,
        "inclusion": b64(merkle.inclusion(3, LEAVES)),
        "checkpoint": note(7),
        "consistency": [{"from": 3, "to": 7, "hashes": b64(merkle.consistency(3, LEAVES))}],
    }


def judged(directory: Path, content: Proof | str, *arguments: str) -> tuple[int, str]:
    """By the interpreter alone: no package of ours or of anybody is to be had."""
    file = directory / "proof.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-I", "-S", checkpoints.VERIFIER, file, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout


def kept(directory: Path, size: int, text: str | None = None) -> str:
    file = directory / f"seen-{size}"
    file.write_text(text or note(size, None), encoding="utf-8")
    return str(file)


def test_the_note_and_the_key_of_the_vectors() -> None:
    assert checkpoints.vkey(NAME, KEY) == VKEY
    assert note(7) == (
        "peerledger.org/test\n7\n54fBIOZEXysFv2Ew2yQsYLY0v0wg12f/M4wVqql8xMY=\n\n"
        "— peerledger.org/test eHJhxEU3vH8XJsqd5/k6HTJV3O8O0fLCND2bdgNJmyC8c8JC8nuWHIv+0aLwW0WrDc0Yu2DJLXGYZ+jYuc4o"
        "NRzJywY=\n"
    )


def test_a_sound_proof(tmp_path: Path) -> None:
    assert judged(tmp_path, proof(), "--key", VKEY)[0] == 0
    assert judged(tmp_path, proof(), "--seen", kept(tmp_path, 3))[0] == 0
    assert judged(tmp_path, proof(), "--seen", kept(tmp_path, 7))[0] == 0
    assert judged(tmp_path, proof(), "--key", VKEY, "--seen", kept(tmp_path, 3))[0] == 0
    code, said = judged(tmp_path, proof())
    assert code == 3
    assert "nobody vouches" in said
    assert VECTORS[3]["line"][:40] in said


def test_a_checkpoint_that_is_newer_than_the_proof(tmp_path: Path) -> None:
    older = proof() | {
        "inclusion": b64(merkle.inclusion(3, LEAVES[:5])),
        "checkpoint": note(5),
        "consistency": [{"from": 5, "to": 7, "hashes": b64(merkle.consistency(5, LEAVES))}],
    }
    assert judged(tmp_path, older, "--seen", kept(tmp_path, 7))[0] == 0


def spoil(name: str, value: object) -> Callable[[Proof], object]:
    return lambda given: given | {name: value}


def other_hash(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[0] ^= 1
    return base64.b64encode(raw).decode()


SPOILT: dict[str, tuple[int, Callable[[Proof], object]]] = {
    "the line is another": (1, lambda p: p | {"line": p["line"].replace("1.10", "1.1")}),
    "the line has a space more": (1, lambda p: p | {"line": p["line"] + " "}),
    "the log is another": (1, spoil("log", "badge_evaluation_logs")),
    "the log's name ends early": (1, spoil("log", "proxy_audit_log\nx")),
    "the index is another": (1, spoil("index", 2)),
    "the index is beyond the tree": (1, spoil("index", 7)),
    "the index is negative": (1, spoil("index", -1)),
    "the index is true": (1, spoil("index", True)),
    "the index is a fraction": (1, spoil("index", 3.0)),
    "a hash of the path is another": (
        1,
        lambda p: p | {"inclusion": [other_hash(p["inclusion"][0]), *p["inclusion"][1:]]},
    ),
    "the path is too short": (1, lambda p: p | {"inclusion": p["inclusion"][:-1]}),
    "the path is too long": (1, lambda p: p | {"inclusion": [*p["inclusion"], p["inclusion"][0]]}),
    "a hash of 31 bytes": (
        1,
        lambda p: p | {"inclusion": [base64.b64encode(b"x" * 31).decode(), *p["inclusion"][1:]]},
    ),
    "a hash is no base64": (1, lambda p: p | {"inclusion": ["!", *p["inclusion"][1:]]}),
    "a hash is a number": (1, lambda p: p | {"inclusion": [1, *p["inclusion"][1:]]}),
    "the root is another": (1, lambda p: p | {"checkpoint": p["checkpoint"].replace("54fB", "54fC")}),
    "the size is another": (1, lambda p: p | {"checkpoint": p["checkpoint"].replace("\n7\n", "\n8\n")}),
    "the size has a zero before it": (
        1,
        lambda p: p | {"checkpoint": p["checkpoint"].replace("\n7\n", "\n07\n")},
    ),
    "the origin is another": (
        1,
        lambda p: p | {"checkpoint": p["checkpoint"].replace("org/test\n7", "org/tost\n7")},
    ),
    "the signature is another": (
        1,
        lambda p: p | {"checkpoint": p["checkpoint"].replace("eHJhxEU3", "eHJhxEU4")},
    ),
    "the note is not signed": (1, spoil("checkpoint", note(7, None))),
    "the note has no empty line": (1, lambda p: p | {"checkpoint": p["checkpoint"].replace("\n\n", "\n")}),
    "a link's hash is another": (
        1,
        lambda p: (
            p
            | {
                "consistency": [
                    p["consistency"][0] | {"hashes": [other_hash(h) for h in p["consistency"][0]["hashes"]]}
                ]
            }
        ),
    ),
    "a link is too short": (
        1,
        lambda p: p | {"consistency": [p["consistency"][0] | {"hashes": p["consistency"][0]["hashes"][:-1]}]},
    ),
    "a link is a text": (1, spoil("consistency", ["x"])),
    "there is no link to what was seen": (2, spoil("consistency", [])),
    "another format": (2, spoil("format", "peerledger-proof/2")),
    "no format": (2, lambda p: {k: v for k, v in p.items() if k != "format"}),
    "no line": (2, lambda p: {k: v for k, v in p.items() if k != "line"}),
    "no JSON": (2, lambda p: "{"),
    "a list": (2, lambda p: json.dumps([p])),
    "nested too deep": (2, lambda p: "[" * 100_000),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file(tmp_path: Path, name: str) -> None:
    expected, change = SPOILT[name]
    spoilt = change(proof())
    assert isinstance(spoilt, dict | str)
    code, said = judged(tmp_path, spoilt, "--key", VKEY, "--seen", kept(tmp_path, 3))
    assert code == expected, said
    assert said.startswith("NOT VALID: " if expected == 1 else "CANNOT BE JUDGED: ")


def test_a_fork_is_seen(tmp_path: Path) -> None:
    forged = checkpoints.make(NAME, 3, merkle.root(LEAVES[1:4]), KEY).note
    assert judged(tmp_path, proof(), "--seen", kept(tmp_path, 3, forged))[0] == 1
    same = checkpoints.make(NAME, 7, merkle.root([*LEAVES[:6], LEAVES[0]]), KEY).note
    code, said = judged(tmp_path, proof(), "--seen", kept(tmp_path, 7, same))
    assert code == 1
    assert "two different trees of the same size" in said


def test_questions_that_cannot_be_answered(tmp_path: Path) -> None:
    assert judged(tmp_path, proof(), "--key", "x")[0] == 2
    assert judged(tmp_path, proof(), "--key", VKEY.replace("787261c4", "787261c5"))[0] == 2
    assert judged(tmp_path, proof(), "--key")[0] == 2
    assert judged(tmp_path, proof(), "--seen", str(tmp_path / "none"))[0] == 2
    assert judged(tmp_path, proof(), "--seen", kept(tmp_path, 3, "nonsense"))[0] == 2
    other = checkpoints.make("somebody/else", 3, merkle.root(LEAVES[:3]), None).note
    assert judged(tmp_path, proof(), "--seen", kept(tmp_path, 3, other))[0] == 2


def test_another_key_does_not_vouch(tmp_path: Path) -> None:
    other = checkpoints.vkey(NAME, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert judged(tmp_path, proof(), "--key", other)[0] == 1
