"""The embedded server: in folders of any name, and entered only by the user who started it."""

import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from conftest import server_directory
from psycopg.conninfo import conninfo_to_dict

from peerledger import embedded
from peerledger.errors import RunnerError

# A process of its own: the server ends with it.
_ASK = """
import pathlib, psycopg, sys
from peerledger import embedded
address = embedded.start(pathlib.Path(sys.argv[1]))
with psycopg.connect(address) as connection:
    print(address, connection.execute("show unix_socket_permissions").fetchone()[0], sep="\\n")
    folder = pathlib.Path(psycopg.conninfo.conninfo_to_dict(address)["host"])
    print(oct(folder.stat().st_mode & 0o777))
"""


def start(directory: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _ASK, directory], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", ["likeperson test", "en mappe & på Ørlandet; (æøå)", "a" * 100])
def test_the_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    address, permissions, mode = start(tmp_path / name)
    assert (permissions, mode) == ("0700", "0o700")
    host = str(conninfo_to_dict(address)["host"])
    assert len(host) < 60
    assert start(tmp_path / name) == [address, permissions, mode], "another start finds the same place"


def test_a_socket_folder_that_somebody_else_made_is_refused(tmp_path: Path) -> None:
    folder = embedded._socket_folder(tmp_path)
    folder.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    folder.symlink_to(elsewhere)
    try:
        with pytest.raises(RunnerError, match="belongs to somebody else"):
            embedded._socket_folder(tmp_path)
    finally:
        folder.unlink()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755


def test_a_path_that_would_reach_a_shell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="cannot start in a path"):
        embedded.start(tmp_path / "$(touch x)")


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [("PG_VERSION", "12\n", "is of PostgreSQL 12"), ("base", "", "creating the database was interrupted")],
)
def test_data_that_cannot_be_used_is_named(tmp_path: Path, file: str, content: str, words: str) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / file).write_text(content)
    with pytest.raises(RunnerError, match=words):
        embedded.start(tmp_path)


_KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from conftest import server_directory
from peerledger import embedded
with server_directory() as directory:
    print(directory, embedded.start(directory), sep="\\n", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_of_the_tests_left_is_removed_by_the_next() -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, Path(__file__).parent], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left, address = killed.stdout.splitlines()
    with psycopg.connect(address):
        assert Path(left).is_dir(), "its server went on alone"
    with server_directory():
        assert not Path(left).exists()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(address)
