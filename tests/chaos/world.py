"""What there is: a server of its own, a portal and a receiver of messages, and the wires that lead to the server."""

import json
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from conftest import EMBEDDED, embedded_server
from http_receiver import Receiver, receiver
from psycopg import sql
from servers import DISK, Server, container_server, restart_embedded
from wires import Wire, wire_to

from peerledger.errors import one_line
from peerledger.sqlfiles import ROOT
from standin import StandIn

DATABASE = "chaos"
HOOK = "/hook"
DISK_FULL = "disk full"
# Long enough for a server that recovers; then it is a finding, or the campaign is broken.
PATIENCE = 180
# MB: small enough to be filled, and more than the campaign writes.
_DISK_AT_FIRST, _DISK_PER_SECOND = 512, 1

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Mentor:
    id: UUID
    user_id: UUID
    organisation_id: UUID
    contact: UUID
    group: str
    """changing: their status is changed; expired: their certificate is; valid: theirs ends in two days."""


@dataclass(frozen=True)
class Organisation:
    id: UUID
    coordinators: tuple[UUID, ...]


@dataclass
class World:
    server: Server
    standin: StandIn
    hooks: Receiver
    runner_wire: Wire
    client_wire: Wire
    runner_address: str
    """Of the database, through the wire."""
    client_address: str
    folder: Path
    release: Path
    """The checkout that runs; an upgrade changes it."""
    first_sql: Path
    """Its SQL before the first upgrade."""
    today: date
    organisations: list[Organisation] = field(default_factory=list)
    mentors: list[Mentor] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    """No more faults."""
    findings: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """How often each fault came."""
    frozen_at: float = 0
    """Until when, of the monotonic clock, connections were last frozen."""
    tell: Callable[[str], None] = print

    def found(self, what: str) -> None:
        what = one_line(what)[:1_000]
        self.findings.append(what)
        self.tell(f"FOUND {what}")

    def rest(self, seconds: float) -> None:
        """Or until there are to be no more faults."""
        self.over.wait(seconds)

    @property
    def address(self) -> str:
        return self.server.dsn(self.server.superuser_dsn, DATABASE)

    def connect(self, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """As a superuser, past the wires. Patiently: the server may be about to come back."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return psycopg.connect(self.address, autocommit=True, connect_timeout=10, **options)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def ask(self, query: str, *values: object) -> Rows:
        """Asked again when the connection breaks meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self.connect() as connection:
                    cursor = connection.execute(query.encode(), values or None)
                    return [] if cursor.description is None else cursor.fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    # What can be done to the server. ----------------------------------------------------------------

    @property
    def has_disk(self) -> bool:
        """Of its own, so that it can be filled."""
        return self.server.container is not None

    @property
    def was_full(self) -> bool:
        return bool(self.counts[DISK_FULL])

    def restart_server(self, mode: str) -> None:
        """fast: sessions are ended; immediate: as after a crash, with recovery."""
        if self.server.container is None:
            restart_embedded(Path(self.ask("show data_directory")[0][0]), mode)
        else:
            # It is started again where it runs.
            self.server.client("pg_ctl", "stop", "-D", f"{DISK}/data", "-m", mode, "-t", "60")
        self.connect().close()

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        self._in_container(f"cat /dev/zero >{DISK}/filler")
        try:
            yield
        finally:
            self._in_container(f"rm -f {DISK}/filler")
            self.connect().close()

    def _in_container(self, command: str) -> None:
        assert self.server.container is not None
        subprocess.run(
            ["docker", "exec", self.server.container, "sh", "-c", command], capture_output=True, check=False
        )


@contextmanager
def a_world(target: str, seconds: float, tell: Callable[[str], None]) -> Iterator[World]:
    """For a campaign of so long."""
    disk = f"{_DISK_AT_FIRST + round(_DISK_PER_SECOND * seconds)}m"
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="peerledger-chaos-"))
        server = stack.enter_context(
            embedded_server()
            if target == EMBEDDED
            else container_server(target, disk=disk, is_restarted=True)
        )
        server.create_empty_database(DATABASE)
        with psycopg.connect(server.superuser_dsn, autocommit=True) as connection:
            # The disk is small, and in recovery nothing is worth waiting for longer.
            connection.execute("alter system set max_wal_size = '128MB'")
            connection.execute("select pg_reload_conf()")
        standin = stack.enter_context(StandIn())
        hooks = stack.enter_context(receiver())
        runner_wire, runner_address = stack.enter_context(wire_to(server.dsn(server.migrator_dsn, DATABASE)))
        client_wire, client_address = stack.enter_context(wire_to(server.dsn(server.login_dsn, DATABASE)))
        release = folder / "release"
        for name in ("runner", "standin", "migrations", "sql", "docs"):
            shutil.copytree(ROOT / name, release / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(release / "sql", folder / "first-sql")
        world = World(
            server=server,
            standin=standin,
            hooks=hooks,
            runner_wire=runner_wire,
            client_wire=client_wire,
            runner_address=runner_address,
            client_address=client_address,
            folder=folder,
            release=release,
            first_sql=folder / "first-sql",
            today=datetime.now(UTC).date(),
            tell=tell,
        )
        yield world
        if world.findings:
            tell(f"What the runners logged is in {folder}.")
        else:
            shutil.rmtree(folder)


# Who there is. --------------------------------------------------------------------------------------

_GROUPS = {"changing": 20, "expired": 6, "valid": 4}
_BADGES = (5, 15, 40, 100, 250)


def people(world: World) -> None:
    """Two organisations, their coordinators, mentors with contacts in the portal, and badges to be had."""
    with world.connect() as connection:
        connection.execute("grant anon, authenticated, service_role to authenticator")
        for name in ("north", "south"):
            organisation = uuid.uuid4()
            coordinators = (uuid.uuid4(), uuid.uuid4())
            world.organisations.append(Organisation(organisation, coordinators))
            connection.execute(
                "insert into public.organisations (id, slug, name, time_zone) values (%s, %s, %s, 'UTC')",
                (organisation, name, name.title()),
            )
            connection.execute(
                "insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)"
                " values (%s, '00:00', '00:00')",
                (organisation,),
            )
            for user in coordinators:
                connection.execute(
                    "insert into public.coordinator_assignments (organisation_id, user_id) values (%s, %s)",
                    (organisation, user),
                )
            for count in _BADGES:
                connection.execute(
                    "insert into public.badge_definitions (organisation_id, slug, name, criteria)"
                    " values (%s, %s, %s, %s)",
                    (
                        organisation,
                        f"after-{count}",
                        f"After {count}",
                        json.dumps({"metric": "activity_count", "at_least": count}),
                    ),
                )
            for group, number in _GROUPS.items():
                for _ in range(number):
                    _add_mentor(world, connection, organisation, group)


def _add_mentor(world: World, connection: psycopg.Connection[Any], organisation: UUID, group: str) -> None:
    mentor = Mentor(uuid.uuid4(), uuid.uuid4(), organisation, world.standin.add_contact(listed=False), group)
    world.mentors.append(mentor)
    connection.execute(
        "insert into public.peer_mentors (id, user_id, organisation_id, display_name, dynamics_contact_id)"
        " values (%s, %s, %s, %s, %s)",
        # A word that no code holds.
        (mentor.id, mentor.user_id, organisation, f"Qx{secrets.token_hex(4)}", mentor.contact),
    )
    ends = {"expired": -1, "valid": 2}.get(group)
    if ends is not None:
        connection.execute(
            "insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)"
            " values (%s, %s, %s, %s)",
            (organisation, mentor.id, world.today - timedelta(days=300), world.today + timedelta(days=ends)),
        )


def read_only(world: World, is_so: bool) -> None:
    """As Supabase makes a database whose disk is nearly full."""
    # From another database, which stays as it is.
    with psycopg.connect(world.server.superuser_dsn, autocommit=True) as connection:
        statement = sql.SQL("alter database {} set default_transaction_read_only = {}")
        connection.execute(statement.format(sql.Identifier(DATABASE), sql.Literal(is_so)))
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (DATABASE,)
        )
