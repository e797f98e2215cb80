"""The servers to test on, a migrated template database on each, and a clone of it for each test."""

import json
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from servers import TARGETS, Server, container_server, engine_error, pgtap_sql

from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.migrate import migrate

EMBEDDED = "embedded18"
ALL_TARGETS = (*TARGETS, EMBEDDED)

_TEMPLATE = "peerledger_template"
_DATA = "peerledger-"
# Several times what the servers of four processes hold at once.
_ROOM = 4 << 30
_HELPERS = Path(__file__).parent / "pgtap" / "helpers.sql"


@dataclass(frozen=True)
class Target:
    """A running server with a migrated database to clone from."""

    name: str
    server: Server
    template: str
    tap_schema: str | None
    """Where pgTAP is; None when it could not be loaded."""
    _filled: dict[str, str] = field(default_factory=dict)

    def filled(self, rows: str) -> str:
        """A template that holds these rows as well, made once: many tests begin with the same ones."""
        if rows not in self._filled:
            clone = Database(self, f"template_{uuid.uuid4().hex}")
            self.server.clone_database(self.template, clone.name)
            # One after the other, as from a client: each has a time of its own.
            for statement in filter(str.strip, rows.split(";\n")):
                clone.superuser().execute(statement.encode())
            clone.close()
            self._filled[rows] = clone.name
        return self._filled[rows]


@dataclass
class Database:
    """A clone of the template. Connections that it hands out are closed when it goes."""

    target: Target
    name: str
    _open: ExitStack = field(default_factory=ExitStack)

    def superuser(self) -> psycopg.Connection:
        return self._connect(self.target.server.superuser_dsn)

    def migrator(self) -> psycopg.Connection:
        return self._connect(self.target.server.migrator_dsn)

    def connect_as(self, role: str, sub: uuid.UUID | str | None = None) -> psycopg.Connection:
        """As the REST API does: a weak login that becomes the role, with the user's claims."""
        connection = self._connect(self.target.server.login_dsn)
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        claims = "" if sub is None else json.dumps({"sub": str(sub), "role": role})
        connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
        return connection

    def dsn(self, role_dsn: str) -> str:
        return self.target.server.dsn(role_dsn, self.name)

    def close(self) -> None:
        self._open.close()

    def _connect(self, role_dsn: str) -> psycopg.Connection:
        return self._open.enter_context(psycopg.connect(self.dsn(role_dsn), autocommit=True))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--target", action="append", choices=ALL_TARGETS, help="test on this server only (may be repeated)"
    )

    parser.addoption(
        "--mutant", type=Path, help="a file of SQL that changes the database first: is anything noticed?"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "one_target: long, and of logic that no server does differently: on one of the targets only",
    )
    config.addinivalue_line(
        "markers", "two_targets: on the embedded server, whose migrator is a superuser, and where it is none"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "target" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--target") or ALL_TARGETS
        if metafunc.definition.get_closest_marker("one_target"):
            # The embedded one, which needs no container engine.
            chosen = [EMBEDDED] if EMBEDDED in chosen else chosen[:1]
        if metafunc.definition.get_closest_marker("two_targets"):
            chosen = [name for name in (EMBEDDED, "supabase17") if name in chosen] or chosen[:1]
        metafunc.parametrize("target", chosen, ids=str, indirect=True, scope="session")


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    name: str = request.param
    if name != EMBEDDED and (reason := engine_error()):
        pytest.skip(reason)
    with embedded_server() if name == EMBEDDED else container_server(name) as server:
        yield migrated_template(server, request.config.getoption("--mutant"))


def migrated_template(server: Server, mutant: Path | None = None) -> Target:
    """With pgTAP, where it can be had, and what the pgTAP files share."""
    server.create_empty_database(_TEMPLATE)
    migrate(RunnerDatabase(server.dsn(server.migrator_dsn, _TEMPLATE), is_embedded=False, psql=None))
    with psycopg.connect(server.dsn(server.superuser_dsn, _TEMPLATE), autocommit=True) as superuser:
        superuser.execute("grant anon, authenticated, service_role to authenticator")
        tap_schema = load_pgtap(server, superuser)
        superuser.execute(_HELPERS.read_bytes())
        if mutant is not None:
            superuser.execute(mutant.read_bytes())
    return Target(server.name, server, _TEMPLATE, tap_schema)


@pytest.fixture
def first_rows() -> str:
    """Statements that the database of a test begins with; for a module to say."""
    return ""


@pytest.fixture
def database(target: Target, first_rows: str) -> Iterator[Database]:
    clone = Database(target, f"test_{uuid.uuid4().hex}")
    target.server.clone_database(target.filled(first_rows) if first_rows else target.template, clone.name)
    yield clone
    clone.close()
    target.server.drop_database(clone.name)


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """For what waits until a test lets it go; at its end at the latest, however it ends."""
    event = threading.Event()
    yield event
    event.set()


def load_pgtap(server: Server, superuser: psycopg.Connection) -> str | None:
    if server.is_supabase:
        return "extensions"
    if server.name == EMBEDDED:
        if engine_error():
            return None
        with container_server(TARGETS[0]) as lender:
            script = pgtap_sql(lender)
        superuser.execute("create schema tap")
        with superuser.transaction():
            superuser.execute("set local search_path = tap, public")
            superuser.execute(script.encode())
    else:
        superuser.execute("create schema tap")
        superuser.execute("create extension pgtap schema tap")
    superuser.execute("grant usage on schema tap to public")
    return "tap"


@contextmanager
def embedded_server() -> Iterator[Server]:
    """The server that the runner starts."""
    with server_directory() as directory:
        yield _embedded(directory)


def _embedded(directory: Path) -> Server:
    # Only here: elsewhere the wheel need not even work.
    from peerledger import embedded

    parts = conninfo_to_dict(embedded.start(directory))

    def dsn(role: str) -> str:
        return f"postgresql://{role}@/postgres?host={quote(str(parts['host']), safe='')}"

    server = Server(
        name=EMBEDDED,
        version=18,
        is_supabase=False,
        superuser_dsn=dsn("postgres"),
        migrator_dsn=dsn("postgres"),
        login_dsn=dsn("authenticator"),
    )
    server._maintain(sql.SQL("create role authenticator login noinherit").format())
    make_hasty(server.superuser_dsn)
    return server


def make_hasty(superuser: str) -> None:
    """A test's database need not survive a power cut; a disk that is waited for makes hundreds of clones slow."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("alter system set full_page_writes = off")
        connection.execute("select pg_reload_conf()")


@contextmanager
def server_directory() -> Iterator[Path]:
    """For the data of an embedded server, which is stopped and gone afterwards.

    Outside pytest's folder: when root runs pytest a second time, that folder is closed again to everybody
    else, and the server of the first run, which is somebody else, no longer gets at its own data.

    In memory where there is room: on ext4, the thousand files of a clone that is made after others are gone
    take seven times as long, for it looks for inodes that nobody had a moment ago.
    """
    from peerledger import embedded

    place = _memory() or Path(tempfile.gettempdir())
    _remove_leftovers(place)
    directory = Path(tempfile.mkdtemp(prefix=_DATA, dir=place))
    try:
        yield directory
    finally:
        embedded.stop(directory)
        shutil.rmtree(directory, ignore_errors=True)


def _remove_leftovers(place: Path) -> None:
    """Of runs that were killed: their servers go on, and the data stays in memory until the machine is restarted."""
    from peerledger import embedded

    for users in place.glob(f"{_DATA}*/postgres/.handle_pids.json"):
        # Not ours to touch, or gone by now: another run looks as well.
        with suppress(OSError, ValueError, RunnerError):
            pids = json.loads(users.read_text())
            if pids and not any(embedded._is_alive(pid) for pid in pids):
                directory = users.parents[1]
                # Who joins a server strikes the dead off its list, and stops it as the last one.
                embedded.start(directory)
                embedded.stop(directory)
                shutil.rmtree(directory)


def _memory() -> Path | None:
    """None where there is little of it, as in a container."""
    shared = Path("/dev/shm")  # noqa: S108
    if not os.access(shared, os.W_OK | os.X_OK) or shutil.disk_usage(shared).free < _ROOM:
        return None
    return shared


@pytest.fixture
def data_directory() -> Iterator[Path]:
    with server_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def own_server() -> Iterator[str]:
    """The address of an embedded server beside the targets, for what migrates or is a whole installation."""
    from peerledger import embedded

    with server_directory() as directory:
        address = embedded.start(directory)
        make_hasty(address)
        yield address


@contextmanager
def new_database(server: str, template: str) -> Iterator[str]:
    """The address of a copy of the template; it goes with whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        yield make_conninfo(server, dbname=name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
