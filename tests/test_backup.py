"""deploy/backup.sh and the drill of docs/backup.md, as they stand there, with a key of one's own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import new_database
from psycopg.conninfo import make_conninfo
from sealing import settings

from peerledger import seal
from peerledger.database import Database
from peerledger.migrate import migrate
from peerledger.sqlfiles import ROOT

pytestmark = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not there")

SCRIPT = ROOT / "deploy" / "backup.sh"
RECIPIENT = "backup@example.org"
ROWS = """
insert into public.organisations (id, slug, name) values ('00000000-0000-4000-8000-000000000001', 'north', 'North');
insert into public.peer_mentors (organisation_id, display_name, status)
values ('00000000-0000-4000-8000-000000000001', 'Kari Brannfakkel', 'active')
"""


@pytest.fixture(scope="module")
def key() -> Iterator[Path]:
    """The folder of gpg: short, for a socket is in it."""
    with tempfile.TemporaryDirectory(prefix="gpg-") as directory:
        home = {"GNUPGHOME": directory}
        made = subprocess.run(
            [
                "gpg",
                "--batch",
                "--passphrase",
                "",
                "--quick-generate-key",
                RECIPIENT,
                "default",
                "default",
                "never",
            ],
            env=os.environ | home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        yield Path(directory)
        subprocess.run(["gpgconf", "--kill", "all"], env=os.environ | home, check=True)


@pytest.fixture(scope="module")
def template(own_server: str) -> str:
    migrate(Database(own_server, True, None))
    return own_server


@pytest.fixture
def production(template: str) -> Iterator[str]:
    with new_database(template, "peerledger") as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(ROWS)
        yield address


def run(command: list[str], directory: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """With the client programs of the embedded server, and the command of this environment, at hand."""
    from peerledger.embedded import BIN

    programs = directory / "bin"
    if not programs.exists():
        programs.mkdir()
        (programs / "peerledger").write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m peerledger "$@"\n'
        )
        (programs / "peerledger").chmod(0o700)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PEERLEDGER_", "PG"))}
    path = {"PATH": f"{programs}:{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=directory, env=clean | path | given, capture_output=True, text=True, check=False
    )


def test_a_backup_is_taken_encrypted_and_restored(
    production: str, template: str, key: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    own = settings(tmp_path / "runner")
    database = Database(production, True, None)
    seal.seal(database)
    assert seal.checkpoint(database, own, to=kept) is not None
    (checkpoint,) = kept.iterdir()

    folder = tmp_path / "backups"
    folder.mkdir()
    old = folder / "peerledger-20200101T000000Z.dump.gpg"
    old.touch()
    os.utime(old, (0, 0))
    taken = run(
        [str(SCRIPT)],
        tmp_path,
        BACKUP_URL=production,
        BACKUP_DIR=str(folder),
        BACKUP_RECIPIENT=RECIPIENT,
        GNUPGHOME=str(key),
    )
    assert taken.returncode == 0, taken.stderr
    (backup,) = folder.iterdir()
    assert taken.stdout == f"{backup}\n"
    assert backup.stat().st_mode & 0o077 == 0
    assert b"PGDMP" not in backup.read_bytes()

    page = (ROOT / "docs" / "backup.md").read_text()
    drill = re.search(r"<!-- the drill -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert drill is not None
    with new_database(template, "template0") as address:
        done = run(
            ["bash", "-c", drill.group(1)],
            tmp_path,
            BACKUP=str(backup),
            DRILL_URL=address,
            CHECKPOINT=str(checkpoint),
            GNUPGHOME=str(key),
        )
        assert done.returncode == 0, done.stderr + done.stdout
        assert "Nothing would change." in done.stdout
        assert "sound." in done.stdout
        with psycopg.connect(address) as connection:
            assert connection.execute("select display_name from public.peer_mentors").fetchall() == [
                ("Kari Brannfakkel",)
            ]
    assert not (tmp_path / "drill.dump").exists()


def test_one_that_failed_leaves_no_file_and_removes_none(key: Path, template: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = folder / "peerledger-20200101T000000Z.dump.gpg"
    old.touch()
    os.utime(old, (0, 0))
    for url, recipient in (
        ("postgresql://postgres@127.0.0.1:1/postgres", RECIPIENT),
        (make_conninfo(template, dbname="postgres"), "nobody@example.org"),
    ):
        failed = run(
            [str(SCRIPT)],
            tmp_path,
            BACKUP_URL=url,
            BACKUP_DIR=str(folder),
            BACKUP_RECIPIENT=recipient,
            GNUPGHOME=str(key),
        )
        assert failed.returncode != 0
        assert list(folder.iterdir()) == [old]
