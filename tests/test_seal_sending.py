"""Where a checkpoint goes, what comes back, and what a witness says of a fork."""

import base64
import hashlib
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Database
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_receiver import Answer, Receiver, Request, receiver
from pydantic import SecretStr
from sealing import everything_off, fill, one, problems, runner, seal_all, settings

from peerledger import checkpoints, prove, seal
from peerledger.errors import BROKEN, RunnerError
from peerledger.settings import Settings

pytestmark = pytest.mark.one_target

COSIGNATURE = "\u2014 witness.example/w AAAA\n"


def sending(directory: Path, url: str, *to: str) -> Settings:
    key = directory / "seal.key"
    if not key.exists():
        checkpoints.make_key(key)
    ways = {
        "seal_webhook": SecretStr(f"{url}/hook"),
        "seal_tsa_url": SecretStr(f"{url}/tsa"),
        "seal_witness_url": SecretStr(f"{url}/w"),
    }
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
    assert broken.value.exit_code == BROKEN
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
    assert broken.value.exit_code == BROKEN


def test_an_unsigned_checkpoint_is_not_sent_to_a_witness(database: Database, tmp_path: Path) -> None:
    fill(database.superuser(), 5)
    seal.seal(runner(database))
    with receiver() as chosen, pytest.raises(RunnerError, match="signed"):
        seal.checkpoint(runner(database), settings(tmp_path, seal_witness_url=SecretStr(chosen.url)))
    assert chosen.requests == []


# A time stamp. ----------------------------------------------------------------------------------------


class Authority:
    """A time stamping authority of our own: openssl's."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self._openssl(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=Root -keyout root.key -out root.pem"
        )
        self._openssl("req -new -newkey rsa:2048 -nodes -subj /CN=tsa.example -keyout tsa.key -out tsa.csr")
        (directory / "use").write_text("extendedKeyUsage=critical,timeStamping\n")
        self._openssl(
            "x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -days 2 -extfile use -out tsa.pem"
        )
        (directory / "tsa.conf").write_text(
            "[tsa]\ndefault_tsa = ours\n[ours]\nserial = serial\nsigner_cert = tsa.pem\n"
            "signer_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256\n"
        )
        (directory / "serial").write_text("01\n")

    @property
    def roots(self) -> Path:
        return self.directory / "root.pem"

    def stamp(self, request: Request) -> Answer:
        (self.directory / "query").write_bytes(request.body)
        self._openssl("ts -reply -config tsa.conf -section ours -queryfile query -out reply")
        return Answer(200, raw=(self.directory / "reply").read_bytes())

    def judges(self, text: bytes, token: bytes) -> bool:
        """As docs/evidence.md tells an auditor to."""
        (self.directory / "text").write_bytes(text)
        (self.directory / "token").write_bytes(token)
        return self._openssl("ts -verify -data text -in token -CAfile root.pem", fails=True)

    def _openssl(self, arguments: str, fails: bool = False) -> bool:
        done = subprocess.run(
            ["openssl", *arguments.split()], cwd=self.directory, capture_output=True, text=True, check=False
        )
        assert fails or done.returncode == 0, done.stderr
        return done.returncode == 0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return Authority(tmp_path / "authority")


def test_a_checkpoint_is_stamped_once_and_the_token_travels_with_the_proof(
    database: Database, tmp_path: Path, authority: Authority
) -> None:
    superuser = database.superuser()
    fill(superuser, 5)
    seal.seal(runner(database))
    with receiver() as there:
        there.otherwise = authority.stamp
        chosen = sending(tmp_path, there.url, "seal_tsa_url").model_copy(
            update={"seal_tsa_ca_file": authority.roots}
        )
        made = seal.checkpoint(runner(database), chosen)
        seal.checkpoint(runner(database), chosen)
        assert len(there.received("/tsa")) == 1
    assert made is not None
    token = receipts(database)["timestamp"]
    assert authority.judges(made.text, token)
    assert not authority.judges(made.text + b"\n", token)
    stated = one(superuser, "select attested_at from private.seal_receipts where kind = 'timestamp'")
    assert isinstance(stated, datetime)
    assert abs((datetime.now(UTC) - stated).total_seconds()) < 600
    log, entry = superuser.execute(
        "select code.log_name, sealed.entry_id from private.sealed_entries as sealed "
        "inner join private.seal_codes as code using (log_code) order by sealed.leaf_index limit 1"
    ).fetchone() or ("", None)
    proof = prove.prove(runner(database), log, entry)
    assert proof["timestamp"] == {"tsa": "CN=tsa.example", "token": base64.b64encode(token).decode()}


def another_text(authority: Authority) -> Answer:
    """A token that this authority gave for something else."""
    (authority.directory / "other").write_text("other")
    authority._openssl("ts -query -data other -sha256 -cert -out other.query")
    return authority.stamp(Request("", {}, (authority.directory / "other.query").read_bytes()))


@pytest.mark.parametrize("kind", ["another text", "another authority", "nothing", "down"])
def test_a_stamp_that_is_not_valid_is_no_receipt(
    database: Database, tmp_path: Path, authority: Authority, kind: str
) -> None:
    fill(database.superuser(), 5)
    seal.seal(runner(database))
    with receiver() as there:
        if kind == "another authority":
            there.otherwise = Authority(tmp_path / "stranger").stamp
        elif kind == "another text":
            there.answer("/tsa", another_text(authority))
        else:
            there.answer("/tsa", Answer(200, raw=b"") if kind == "nothing" else Answer(503, raw=b""))
        chosen = sending(tmp_path, there.url, "seal_tsa_url").model_copy(
            update={"seal_tsa_ca_file": authority.roots}
        )
        with pytest.raises(RunnerError, match=r"time stamp|PEERLEDGER_SEAL_TSA_URL") as failed:
            seal.checkpoint(runner(database), chosen)
    assert failed.value.exit_code == 1
    assert "timestamp" not in receipts(database)


def test_a_stamp_that_nobody_could_judge_is_not_asked_for(database: Database, tmp_path: Path) -> None:
    fill(database.superuser(), 5)
    seal.seal(runner(database))
    with receiver() as there, pytest.raises(RunnerError, match="SEAL_TSA_CA_FILE") as refused:
        seal.checkpoint(runner(database), sending(tmp_path, there.url, "seal_tsa_url"))
    assert refused.value.exit_code == 2
    assert there.requests == []


def test_a_batch_that_says_it_is_younger_than_its_time_stamp(
    database: Database, tmp_path: Path, authority: Authority
) -> None:
    """The server's clock was ahead when it sealed, and was set back."""
    superuser = database.superuser()
    fill(superuser, 5)
    seal_all(superuser)
    with receiver() as there:
        there.otherwise = authority.stamp
        chosen = sending(tmp_path, there.url, "seal_tsa_url")
        seal.checkpoint(runner(database), chosen.model_copy(update={"seal_tsa_ca_file": authority.roots}))
    assert problems(superuser) == []
    everything_off(superuser)
    superuser.execute(
        "update private.seal_batches set sealed_at = sealed_at + interval '1 hour' "
        "where tree_size = (select max(tree_size) from private.seal_batches)"
    )
    assert ["clock went back" in str(problem) for problem in problems(superuser)] == [True]


# Whose cosignature. -----------------------------------------------------------------------------------


class Witness:
    def __init__(self, name: str) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.generate()
        raw = self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self._id = hashlib.sha256(name.encode() + b"\n\x04" + raw).digest()[:4]
        self.vkey = f"{name}+{self._id.hex()}+{base64.b64encode(bytes([4]) + raw).decode()}"

    def cosign(self, request: Request) -> Answer:
        text = request.body.partition(b"\n\n")[2].partition(b"\n\n")[0] + b"\n"
        at = int(time.time())
        signature = self._key.sign(b"cosignature/v1\ntime %d\n%s" % (at, text))
        line = base64.b64encode(self._id + at.to_bytes(8) + signature).decode()
        return Answer(200, raw=f"\u2014 {self.name} {line}\n".encode())


def cosigned(database: Database, there: Receiver, tmp_path: Path, asked: Witness, known: Witness) -> None:
    fill(database.superuser(), 5)
    seal.seal(runner(database))
    there.otherwise = asked.cosign
    chosen = sending(tmp_path, there.url, "seal_witness_url")
    seal.checkpoint(runner(database), chosen.model_copy(update={"seal_witness_key": known.vkey}))


def test_a_cosignature_is_judged_by_the_key_of_the_witness(database: Database, tmp_path: Path) -> None:
    ours = Witness("witness.example/w")
    with receiver() as there:
        cosigned(database, there, tmp_path, ours, ours)
    assert "witness" in receipts(database)
    superuser = database.superuser()
    assert one(superuser, "select attested_at is not null from private.seal_receipts where kind = 'witness'")
    log, entry = superuser.execute(
        "select code.log_name, sealed.entry_id from private.sealed_entries as sealed "
        "inner join private.seal_codes as code using (log_code) order by sealed.leaf_index limit 1"
    ).fetchone() or ("", None)
    lines = prove.prove(runner(database), log, entry)["cosignatures"]
    assert "\n".join([*lines, ""]).encode() == receipts(database)["witness"]


def test_a_cosignature_of_somebody_else_is_no_receipt(database: Database, tmp_path: Path) -> None:
    with receiver() as there, pytest.raises(RunnerError, match="SEAL_WITNESS_KEY"):
        cosigned(database, there, tmp_path, Witness("witness.example/w"), Witness("witness.example/w"))
    assert "witness" not in receipts(database)


@pytest.mark.parametrize("key", ["", "name", "name+00000000+AAAA", "name+zz+" + "A" * 44])
def test_what_is_no_key_of_a_witness_is_refused_by_name(key: str) -> None:
    with pytest.raises(ValueError, match="public key of a witness"):
        Settings(seal_witness_key=key)
