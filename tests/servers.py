"""PostgreSQL servers in containers: plain ones, and ones that behave like hosted Supabase."""

import functools
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

TARGETS = ("plain15", "plain17", "supabase15", "supabase17")

DISK = "/var/lib/postgresql"
"""Where the data of a server in a container is."""
_CONTAINERS = Path(__file__).parent / "containers"
# What supautils lets the role postgres create on Supabase although it is no superuser.
_TRUSTED_ON_SUPABASE = "dblink plpgsql_check"
_SUPABASE_EMPTY = "supabase_empty"

# Its helper image needs a registry. A container here ends by itself instead, after _LIFETIME.
testcontainers_config.ryuk_disabled = True
_LIFETIME = "2h"


class NoContainerError(RuntimeError):
    """The engine or the image is missing; the message is one line that says why."""


@dataclass(frozen=True)
class Server:
    name: str
    version: int
    is_supabase: bool
    superuser_dsn: str
    migrator_dsn: str
    login_dsn: str
    container: str | None = None
    """Its id, for the client programs of the server's own version."""

    def client(self, *command: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Runs pg_dump, pg_restore or psql beside the server, where every role is trusted."""
        assert self.container is not None
        shell = [
            "docker",
            "exec",
            "--interactive",
            "--user",
            "postgres",
            "--env",
            "PGHOST=/tmp",
            self.container,
        ]
        program = f"/usr/lib/postgresql/{self.version}/bin/{command[0]}"
        return subprocess.run([*shell, program, *command[1:]], input=stdin, capture_output=True, check=False)

    def dsn(self, role_dsn: str, database: str) -> str:
        """The same role in another database."""
        return urlsplit(role_dsn)._replace(path="/" + quote(database, safe="")).geturl()

    def create_empty_database(self, name: str) -> None:
        """A database as the hoster hands it out."""
        self.clone_database(_SUPABASE_EMPTY if self.is_supabase else "template0", name)

    def clone_database(self, template: str, name: str) -> None:
        """A copy that belongs to the migrating role. Nobody may be connected to the template.

        File by file: where no disk is waited for, twice as fast as through the write-ahead log.
        """
        self._maintain(
            sql.SQL("create database {} template {} owner postgres strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )

    def drop_database(self, name: str) -> None:
        self._maintain(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _maintain(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.superuser_dsn, autocommit=True) as connection:
            connection.execute(statement)


@functools.cache
def engine_error() -> str | None:
    """None when containers can be run, else one line that says why not."""
    try:
        run_script("engine.sh")
    except NoContainerError as error:
        return str(error)
    return None


@contextmanager
def container_server(target: str, disk: str | None = None, is_restarted: bool = False) -> Iterator[Server]:
    """`disk`: its size, like 512m; as much as there is memory without one. `is_restarted`: a server that ends is
    started again at once, as a host does."""
    if target not in TARGETS:
        raise ValueError(f"unknown target {target!r}, known are {', '.join(TARGETS)}")
    if error := engine_error():
        raise NoContainerError(error)
    version = int(target[-2:])
    is_supabase = target.startswith("supabase")
    superuser = "supabase_admin" if is_supabase else "postgres"
    password = secrets.token_urlsafe()
    # A hosted database has none prepared; elsewhere the sealer has to do with them. Plans are not compiled, as
    # docs/logs.md advises: thousands of short tests would wait for it.
    options = ["-c", "shared_preload_libraries=pg_cron" if is_supabase else "max_prepared_transactions=20"]
    options += ["-c", "jit=off"]

    container = (
        DockerContainer(run_script("image.sh", str(version)).splitlines()[-1])
        .with_command(["sh", "-c", (_CONTAINERS / "entry.sh").read_text(), "entry.sh", *options])
        .with_envs(
            SUPERUSER=superuser,
            PASSWORD=password,
            LIFETIME=_LIFETIME,
            TRUSTED=_TRUSTED_ON_SUPABASE if is_supabase else "",
            RESTARTED="yes" if is_restarted else "",
        )
        .with_exposed_ports(5432)
        .with_tmpfs_mount(DISK, disk and f"size={disk}")
        .with_kwargs(auto_remove=True, shm_size="256m")
        .waiting_for(
            LogMessageWaitStrategy("database system is ready to accept connections")
            .with_startup_timeout(180)
            .with_poll_interval(0.1)
        )
    )
    with container:
        host = container.get_container_host_ip().replace("localhost", "127.0.0.1")
        address = f"{host}:{container.get_exposed_port(5432)}"

        def dsn(role: str) -> str:
            return f"postgresql://{role}:{password}@{address}/postgres"

        server = Server(
            name=target,
            version=version,
            is_supabase=is_supabase,
            superuser_dsn=dsn(superuser),
            migrator_dsn=dsn("postgres"),
            login_dsn=dsn("authenticator"),
            container=container.get_wrapped_container().id,
        )
        _prepare(server, password)
        yield server


def restart_embedded(data: Path, mode: str = "immediate") -> None:
    """immediate: as after a power cut, no goodbye, and recovery. Where root runs it, the server's own user has to."""
    # Only here: elsewhere the wheel need not even work. And not before ours, without what it warns of at first.
    from peerledger import embedded

    user = data.stat().st_uid
    log = data / "log"
    result = subprocess.run(
        [embedded.BIN / "pg_ctl", "-D", data, "-l", log, "-m", mode, "-w", "restart"],
        capture_output=True,
        user=user if user != os.getuid() else None,
        cwd=data,
        check=False,
    )
    assert result.returncode == 0, (result.stderr, log.read_text()[-2_000:])


def pgtap_sql(server: Server) -> str:
    """What `create extension pgtap` would run, for a server that has no pgTAP; set search_path first."""
    with psycopg.connect(server.superuser_dsn) as connection:
        row = connection.execute(
            """
            select pg_read_file(config.setting || '/extension/pgtap--' || pgtap.default_version || '.sql')
            from pg_config() as config, pg_available_extensions as pgtap
            where config.name = 'SHAREDIR' and pgtap.name = 'pgtap'
            """
        ).fetchone()
    assert row is not None
    return str(row[0])


def _prepare(server: Server, password: str) -> None:
    if server.is_supabase:
        _execute_file(server.superuser_dsn, "supabase_cluster.sql")
        server.clone_database("template0", _SUPABASE_EMPTY)
        server._maintain(sql.SQL("alter database postgres owner to postgres").format())
        for database in ("postgres", _SUPABASE_EMPTY):
            _execute_file(server.dsn(server.superuser_dsn, database), "supabase_database.sql")
        _execute_file(server.superuser_dsn, "supabase_cron.sql")
    else:
        server._maintain(sql.SQL("create role authenticator login noinherit").format())
    for role in ("postgres", "authenticator"):
        server._maintain(
            sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(password))
        )


def _execute_file(dsn: str, name: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute((_CONTAINERS / name).read_bytes())


def run_script(script: str, *arguments: str) -> str:
    try:
        result = subprocess.run(
            [_CONTAINERS / script, *arguments], check=False, capture_output=True, text=True
        )
    except OSError as error:
        raise NoContainerError(f"cannot run {script}: {error.strerror}") from error
    if result.returncode != 0:
        raise NoContainerError(result.stderr.strip().splitlines()[-1])
    return result.stdout.strip()
