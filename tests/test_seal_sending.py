"""Where a checkpoint goes, what comes back, and what a witness says of a fork."""

import base64
from pathlib import Path

import pytest
from conftest import Database
from http_receiver import Answer, receiver
from pydantic import SecretStr
from sealing import everything_off, fill, one, runner, seal_all, settings

from peerledger import checkpoints, seal
from peerledger.errors import RunnerError
from peerledger.settings import Settings

pytestmark = pytest.mark.one_target

COSIGNATURE = "\u2014 witness.example/w AAAA\n"


def sending(directory: Path, url: str, *to: str) -> Settings:
    key = directory / "seal.key"
    if not key.exists():
        checkpoints.make_key(key)
    ways = {"seal_webhook": SecretStr(f"{url}/hook"), "seal_witness_url": SecretStr(f"{url}/w")}
    return settings(directory, seal_key_file=key, **{name: ways[name] for name in to})


def receipts(database: Database) -> dict[str, bytes]:
    rows = database.superuser().execute("select kind, receipt from private.seal_receipts").fetchall()
    return {kind: bytes(receipt) for kind, receipt in rows}


def test_each_way_has_its_receipt(database: Database, tmp_path: Path) -> None:
    fill(database.superuser(), 5)
    seal.seal(runner(database))
    with receiver() as there:
        there.answer("/w/add-checkpoint", Answer(200, raw=COSIGNATURE.encode()))
        chosen = sending(tmp_path, there.url, "seal_webhook", "seal_witness_url")
        made = seal.checkpoint(runner(database), chosen, to=tmp_path / "kept")
        assert made is not None
        found = receipts(database)
        assert sorted(found) == ["directory", "own_file", "webhook", "witness"]
        assert found["witness"] == COSIGNATURE.encode()
        assert found["webhook"] == b"HTTP 200"
        assert (tmp_path / "kept" / f"{made.size:012d}.checkpoint").read_text() == made.note
        bodies = {request.path: request.body.decode() for request in there.requests}
        assert bodies["/hook"] == made.note
        assert bodies["/w/add-checkpoint"] == f"old 0\n\n{made.note}"
        seal.checkpoint(runner(database), chosen, to=tmp_path / "kept")
        assert [request.path for request in there.requests].count("/w/add-checkpoint") == 1, "once is enough"


def test_a_witness_is_shown_the_way_from_what_it_knows(database: Database, tmp_path: Path) -> None:
    superuser = database.superuser()
    fill(superuser, 5)
    seal.seal(runner(database))
    known = int(str(one(superuser, "select private.tree_size()")))
    old_root = one(superuser, "select private.range_root(0, private.tree_size())")
    fill(superuser, 6)
    seal.seal(runner(database))
    with receiver() as there:
        there.answer(
            "/w/add-checkpoint", Answer(409, raw=f"{known}\n".encode()), Answer(200, raw=COSIGNATURE.encode())
        )
        made = seal.checkpoint(runner(database), sending(tmp_path, there.url, "seal_witness_url"))
        assert made is not None
        head, _, note = there.requests[-1].body.decode().partition("\n\n")
        first, *way = head.split("\n")
        assert (first, note) == (f"old {known}", made.note)
        checkpoints.verifier().continues(
            known, old_root, made.size, made.root, [base64.b64decode(step) for step in way]
        )


@pytest.mark.parametrize(
    "answer", [Answer(422, raw=b""), Answer(409, raw=b"999999\n")], ids=["another tree", "a longer one"]
)
def test_a_fork_that_the_witness_sees_is_exit_code_4(
    database: Database, tmp_path: Path, answer: Answer
) -> None:
    superuser = database.superuser()
    fill(superuser, 5)
    seal.seal(runner(database))
    with receiver() as there:
        there.answer("/w/add-checkpoint", answer)
        with pytest.raises(RunnerError) as broken:
            seal.checkpoint(runner(database), sending(tmp_path, there.url, "seal_witness_url"))
    assert broken.value.exit_code == seal.BROKEN
    assert "witness" not in receipts(database)
    assert one(superuser, "select severity from public.ops_alerts where kind = 'seal_broken'") == "critical"


@pytest.mark.parametrize(
    "answer", [Answer(500, raw=b""), Answer(200, raw=b"no cosignature"), Answer(409, raw=b"what?")]
)
def test_a_witness_that_does_not_cosign_keeps_the_other_ways_from_nothing(
    database: Database, tmp_path: Path, answer: Answer
) -> None:
    fill(database.superuser(), 5)
    seal.seal(runner(database))
    with receiver() as there:
        there.answer("/w/add-checkpoint", answer)
        with pytest.raises(RunnerError, match="witness") as failed:
            seal.checkpoint(
                runner(database),
                sending(tmp_path, there.url, "seal_webhook", "seal_witness_url"),
                to=tmp_path / "kept",
            )
    assert failed.value.exit_code == 1
    assert sorted(receipts(database)) == ["directory", "own_file", "webhook"]


def test_a_directory_that_holds_another_tree_is_a_fork(database: Database, tmp_path: Path) -> None:
    superuser = database.superuser()
    fill(superuser, 5)
    seal_all(superuser)
    made = seal.checkpoint(runner(database), settings(tmp_path), to=tmp_path / "kept")
    assert made is not None
    everything_off(superuser)
    path = tmp_path / "kept" / f"{made.size:012d}.checkpoint"
    path.write_text(checkpoints.make(made.origin, made.size, b"\2" * 32, None).note)
    with pytest.raises(RunnerError, match="another tree") as broken:
        seal.checkpoint(runner(database), settings(tmp_path), to=tmp_path / "kept")
    assert broken.value.exit_code == seal.BROKEN


def test_an_unsigned_checkpoint_is_not_sent_to_a_witness(database: Database, tmp_path: Path) -> None:
    fill(database.superuser(), 5)
    seal.seal(runner(database))
    with receiver() as chosen, pytest.raises(RunnerError, match="signed"):
        seal.checkpoint(runner(database), settings(tmp_path, seal_witness_url=SecretStr(chosen.url)))
    assert chosen.requests == []
