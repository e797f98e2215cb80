"""`peerledger seal`, `prove` and `verify` as somebody runs them, and a tree that moves to another server."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from conftest import Database
from sealing import LOG, any_entry, fill, one, problems, runner, seal_all, settings

from peerledger import checkpoints, seal, seal_night, verify
from peerledger.errors import RunnerError

pytestmark = pytest.mark.two_targets


def run(
    database: Database, directory: Path, *arguments: str, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "peerledger", *arguments],
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "PEERLEDGER_DATABASE_URL": database.dsn(database.target.server.migrator_dsn),
            "PEERLEDGER_DATA_DIR": str(directory),
            **more,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_from_the_key_to_the_verdict(database: Database, tmp_path: Path) -> None:
    key_file = tmp_path / "keys" / "seal.key"
    env = {"PEERLEDGER_SEAL_KEY_FILE": str(key_file), "PEERLEDGER_SEAL_ORIGIN": "example.org/ledger"}
    made = run(database, tmp_path, "seal", "--make-key", **env)
    key = made.stdout.strip()
    assert key.startswith("example.org/ledger+")
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert run(database, tmp_path, "seal", "--make-key", **env).returncode == 2, "a key is never replaced"

    assert run(database, tmp_path, "verify", **env).returncode == 2, "nothing is sealed yet"
    fill(database.superuser(), 300)
    sealed = run(database, tmp_path, "seal", "--once", "--to", "out", **env)
    assert sealed.returncode == 0, sealed.stderr
    (sent,) = (tmp_path / "out").glob("*.checkpoint")
    checkpoints.verifier().check_key(sent.read_text(encoding="utf-8"), key)
    assert str(key_file.read_text(encoding="utf-8").strip()) not in sealed.stdout + sealed.stderr

    fill(database.superuser(), 30)
    assert run(database, tmp_path, "seal", "--once", **env).returncode == 0
    entry = str(any_entry(database.superuser()))
    proved = run(
        database, tmp_path, "prove", LOG, entry, "--seen", str(sent), "--out", "p.json", "--tlog-proof", **env
    )
    assert proved.returncode == 0, proved.stderr
    judge = checkpoints.verifier().main
    file = str(tmp_path / "p.json")
    assert judge([file]) == 3
    assert judge([file, "--key", key, "--seen", str(sent)]) == 0
    assert run(database, tmp_path, "verify", "--proof", file, "--key", key, **env).returncode == 0
    text = (tmp_path / "p.tlog-proof").read_text(encoding="utf-8")
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 10\n")
    assert text.endswith(json.loads(Path(file).read_text(encoding="utf-8"))["checkpoint"])

    assert run(database, tmp_path, "verify", **env).returncode == 3
    assert run(database, tmp_path, "verify", "--seen", str(sent), **env).returncode == 0
    assert run(database, tmp_path, "verify", "--key", key, **env).returncode == 0
    assert (
        run(database, tmp_path, "prove", LOG, "00000000-0000-4000-8000-000000000000", **env).returncode == 1
    )
    fill(database.superuser(), 1)
    young = str(one(database.superuser(), f"select id from public.{LOG} order by triggered_at desc limit 1"))
    later = run(database, tmp_path, "prove", LOG, young, **env)
    assert later.returncode == 1
    assert "PL007" in later.stderr

    key_file.chmod(0o644)
    assert run(database, tmp_path, "seal", "--once", **env).returncode == 2
    env["PEERLEDGER_SEAL_ORIGIN"] = "example.org/other"
    key_file.chmod(0o600)
    renamed = run(database, tmp_path, "seal", "--once", **env)
    assert renamed.returncode == 2
    assert "PEERLEDGER_SEAL_ORIGIN" in renamed.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["seal", "--new-generation"],
        ["seal", "--reason", "x"],
        ["seal", "--adopt", "--make-key"],
        ["seal", "--make-key"],
        ["prove", LOG, "no-uuid"],
        ["verify", "--seen", "/nonexistent"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_exit_code_2(
    database: Database, tmp_path: Path, arguments: list[str]
) -> None:
    assert run(database, tmp_path, *arguments).returncode == 2


def test_another_server_goes_on_sealing_and_signing_waits_for_a_word(
    database: Database, tmp_path: Path
) -> None:
    """A restored dump, or a standby that was promoted."""
    superuser = database.superuser()
    fill(superuser, 50)
    seal.seal(runner(database))
    first = seal.checkpoint(runner(database), settings(tmp_path))
    assert first is not None
    for column in ("signing_system_identifier", "signing_timeline"):
        superuser.execute(f"update private.seal_state set {column} = 99".encode())
        fill(superuser, 5)
        assert seal.seal(runner(database)).entries >= 5, "sealing goes on"
        assert problems(superuser) == []
        with pytest.raises(RunnerError) as refused:
            seal.checkpoint(runner(database), settings(tmp_path))
        assert refused.value.exit_code == 4
        assert "--adopt" in refused.value.message
        adopted = seal.checkpoint(runner(database), settings(tmp_path), adopt=True)
        assert adopted is not None
        assert adopted.origin == first.origin
        assert adopted.size > first.size
    assert (
        one(superuser, "select count(*) from public.security_events where event_kind = 'seal_adopted'") == 2
    )
    assert one(superuser, "select count(*) from public.ops_alerts where acknowledged_at is null") == 0


def test_a_new_generation_is_an_entry_and_another_name(database: Database, tmp_path: Path) -> None:
    superuser = database.superuser()
    fill(superuser, 50)
    seal.seal(runner(database))
    first = seal.checkpoint(runner(database), settings(tmp_path))
    assert first is not None
    seen = tmp_path / "seals" / "checkpoint"
    seen.write_text(first.note.replace(f"\n{first.size}\n", f"\n{first.size + 900}\n"), encoding="utf-8")
    with pytest.raises(RunnerError, match="shrank"):
        seal.checkpoint(runner(database), settings(tmp_path))
    second = seal.checkpoint(runner(database), settings(tmp_path), new_generation="restored_from_backup")
    assert second is not None
    assert second.origin == first.origin + "/2"
    details = one(superuser, "select details from public.security_events where event_kind = 'seal_restarted'")
    assert isinstance(details, dict)
    assert details["reason"] == "restored_from_backup"
    assert details["last_size"] == first.size + 900
    assert seal.checkpoint(runner(database), settings(tmp_path)) == second
    # That the database says so is not enough: it takes the operator's word.
    superuser.execute("update private.seal_state set generation = 3")
    fill(superuser, 1)
    seal.seal(runner(database))
    with pytest.raises(RunnerError) as refused:
        seal.checkpoint(runner(database), settings(tmp_path))
    assert refused.value.exit_code == 4


def test_a_dump_restored_into_another_database_goes_on(database: Database, tmp_path: Path) -> None:
    """Every table and row by a plain copy; the numbers of transactions are this server's."""
    superuser = database.superuser()
    fill(superuser, 40)
    seal_all(superuser)
    superuser.execute("update private.seal_state set system_identifier = 1, look_from = 0")
    fill(superuser, 7)
    assert seal.seal(runner(database)).entries == 7
    assert problems(superuser) == []


def test_the_night_seals_and_finds_what_was_changed(database: Database, tmp_path: Path) -> None:
    superuser = database.superuser()
    fill(superuser, 20)
    said: list[str] = []
    seal_night.run(runner(database), settings(tmp_path), said.append)
    assert "0 findings" in said[-1]
    superuser.execute("alter table public.badge_evaluation_logs disable trigger user")
    superuser.execute(
        "do $$ declare p regclass; begin for p in select inhrelid from pg_inherits where inhparent = "
        "'public.badge_evaluation_logs'::regclass loop execute format('alter table %s disable trigger user', p); "
        "end loop; end $$"
    )
    superuser.execute("update public.badge_evaluation_logs set duration_ms = 5")
    with pytest.raises(RunnerError, match="changed"):
        seal_night.run(runner(database), settings(tmp_path), said.append)
    assert (
        one(superuser, "select kind from public.ops_alerts where dedupe_key = 'seal_findings'")
        == "seal_broken"
    )


def test_a_night_looks_while_somebody_else_is_sealing(database: Database, tmp_path: Path) -> None:
    superuser = database.superuser()
    fill(superuser, 20)
    entries = seal_all(superuser)
    said: list[str] = []
    with superuser.transaction():
        superuser.execute("select pg_advisory_xact_lock(hashtextextended('peerledger seal', 0))")
        with pytest.raises(seal.SealingElsewhereError):
            seal.seal(runner(database))
        seal_night.run(runner(database), settings(tmp_path), said.append)
    assert f"{entries} verified, 0 findings" in said[-2]
    assert "Completeness" in said[-1]


def test_a_tree_that_grows_while_it_is_verified_has_not_shrunk(database: Database, tmp_path: Path) -> None:
    """Another runner on this machine seals, signs, and keeps the checkpoint where this one looks."""
    superuser = database.superuser()
    fill(superuser, 20)
    entries = seal_all(superuser)
    seal.checkpoint(runner(database), settings(tmp_path))

    def meanwhile(done: int, of: int) -> None:
        fill(superuser, 20)
        seal_all(superuser)
        made = seal.checkpoint(runner(database), settings(tmp_path))
        assert made is not None
        assert made.size > entries

    verdict = verify.verify(runner(database), settings(tmp_path), progress=meanwhile)
    assert (verdict.entries, verdict.findings) == (entries, [])


def test_a_seal_that_cannot_be_sent_is_exit_code_1_and_signed_all_the_same(
    database: Database, tmp_path: Path
) -> None:
    fill(database.superuser(), 5)
    env = {"PEERLEDGER_SEAL_WEBHOOK": "http://127.0.0.1:9/secret-path"}
    ran = run(database, tmp_path, "seal", "--once", **env)
    assert ran.returncode == 1
    assert "secret-path" not in ran.stderr
    assert (tmp_path / "seals" / "checkpoint").exists()


def test_the_archive_alone_is_judged(database: Database, tmp_path: Path) -> None:
    from peerledger import archive

    superuser = database.superuser()
    superuser.execute(
        "insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source, triggered_at) "
        "select gen_random_uuid(), gen_random_uuid(), 1, 'manual', timestamptz '2019-03-05' + number * interval '1 s' "
        "from generate_series(1, 30) as number"
    )
    superuser.execute("select private.ensure_log_partitions()")
    seal.seal(runner(database))
    done = archive.run(
        runner(database), tmp_path / "archive", settings=settings(tmp_path), execute=True, report=print
    )
    assert done == 1
    assert verify.verify_archive(runner(database), settings(tmp_path), tmp_path / "archive").findings == []
    seal.seal(runner(database))
    assert verify.verify(runner(database), settings(tmp_path)).findings == []


def test_status_names_the_seals(database: Database, tmp_path: Path) -> None:
    fill(database.superuser(), 5)
    seal.seal(runner(database))
    seal.checkpoint(runner(database), settings(tmp_path))
    with psycopg.connect(runner(database).conninfo) as connection:
        found = seal.status(connection)
    assert found["size"] == found["checkpoint_size"] >= 5
    assert found["checkpoint_is_signed"] is False
    assert found["problems"] == []
    ran = run(database, tmp_path, "status")
    assert f"root {checkpoints.grouped(found['root'])}" in " ".join(ran.stdout.split())
