"""On a read replica: what reads works there, and what would write says in one line that it cannot."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sealing import settings
from servers import Server, container_server, engine_error

from peerledger import load, nightly, seal
from peerledger.database import Database
from peerledger.migrate import migrate
from peerledger.sqlfiles import ROOT

# In one process: its pair of servers is made once.
pytestmark = pytest.mark.xdist_group("replica")
# Beside the server, in its container.
_PORT = 5433
_STANDBY = f"""
set -e
bin=$(echo /usr/lib/postgresql/*/bin)
# A standby starts only with as many as its server has.
prepared="-c max_prepared_transactions=$(psql --username=postgres -Atc 'show max_prepared_transactions')"
"$bin/pg_basebackup" --pgdata=/tmp/standby --write-recovery-conf --checkpoint=fast --username=postgres
"$bin/pg_ctl" --pgdata=/tmp/standby --log=/tmp/standby/log --wait start \\
    --options="-k /tmp -c port={_PORT} -c listen_addresses='*' -c max_standby_streaming_delay=-1 $prepared" </dev/null >/dev/null
"""


@dataclass(frozen=True)
class Replica:
    address: str
    primary: Server
    runner_directory: Path

    def run(self, *arguments: str, cwd: Path, **given: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
        own = {
            "PYTHONPATH": str(ROOT),
            "PEERLEDGER_DATABASE_URL": self.address,
            "PEERLEDGER_SEAL_DIR": str(self.runner_directory / "seals"),
        }
        return subprocess.run(
            [sys.executable, "-m", "peerledger", *arguments],
            cwd=cwd,
            env=clean | own | given,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    if reason := engine_error():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("runner")
    with container_server("plain17") as primary:
        database = Database(primary.migrator_dsn, is_embedded=False, psql=None)
        migrate(database)
        load.run(database, ROOT / "examples" / "likeperson")
        nightly.run(database)
        seal.seal(database)
        kept = directory / "kept"
        kept.mkdir()
        assert seal.checkpoint(database, settings(directory), to=kept) is not None
        assert primary.container is not None
        made = subprocess.run(
            [
                "docker",
                "exec",
                "--user=postgres",
                "--env=PGHOST=/tmp",
                primary.container,
                "bash",
                "-c",
                _STANDBY,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        inspected = subprocess.run(
            ["docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", primary.container],
            capture_output=True,
            text=True,
            check=True,
        )
        address = urlsplit(primary.migrator_dsn)
        there = address._replace(
            netloc=f"{address.username}:{address.password}@{inspected.stdout.strip()}:{_PORT}"
        )
        with psycopg.connect(there.geturl()) as connection:
            assert connection.execute("select pg_is_in_recovery()").fetchone() == (True,)
        yield Replica(there.geturl(), primary, directory)


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "--org=klangbro", "--from=2026-01-01", "--to=2026-11-15", "--html=report.html"),
        ("grants", "--org=klangbro", "--year=2025", "--csv=grants.csv"),
        ("alerts",),
        ("migrate", "--check"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_reads_works(replica: Replica, arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = replica.run(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout


def test_the_seals_are_verified(replica: Replica, tmp_path: Path) -> None:
    (checkpoint,) = (replica.runner_directory / "kept").iterdir()
    done = replica.run("verify", f"--seen={checkpoint}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    with psycopg.connect(replica.address) as connection:
        row = connection.execute("select id from public.proxy_audit_log limit 1").fetchone()
    assert row is not None
    proved = replica.run("prove", "proxy_audit_log", str(row[0]), "--out=proof.json", cwd=tmp_path)
    assert proved.returncode == 0, proved.stderr


def test_a_copy_for_staging_is_made_from_it(replica: Replica, tmp_path: Path) -> None:
    replica.primary.create_empty_database("staging")
    target = replica.primary.dsn(replica.primary.migrator_dsn, "staging")
    done = replica.run("copy-for-staging", cwd=tmp_path, PEERLEDGER_STAGING_URL=target)
    assert done.returncode == 0, done.stderr


def test_status_says_that_it_cannot_be_written(replica: Replica, tmp_path: Path) -> None:
    done = replica.run("status", cwd=tmp_path)
    assert done.returncode == 1
    assert "can be written" in done.stdout


def test_status_asks_nobody_to_analyze_there(replica: Replica) -> None:
    there = "select table_name from private.tables_to_analyze()"
    with (
        psycopg.connect(replica.primary.superuser_dsn, autocommit=True) as primary,
        psycopg.connect(replica.address, autocommit=True) as standby,
    ):
        # A row a page, as many as are never small; it is no table of this version, so it goes again.
        primary.execute("create table private.filled (filler char(5000)) with (autovacuum_enabled = false)")
        primary.execute(
            "alter table private.filled owner to peerledger_owner, alter filler set storage plain"
        )
        try:
            primary.execute("insert into private.filled select '' from generate_series(1, 10000)")
            assert primary.execute(there).fetchall() == [("private.filled",)]
            position = primary.execute("select pg_current_wal_lsn()").fetchone()
            assert position is not None
            while standby.execute("select pg_last_wal_replay_lsn() < %s", position).fetchone() == (True,):
                pass
            assert standby.execute("select count(*) from private.filled").fetchone() == (10000,)
            assert standby.execute(there).fetchall() == []
        finally:
            primary.execute("drop table private.filled")


@pytest.mark.parametrize(
    "arguments", [("nightly",), ("migrate",), ("seal", "--once"), ("reconcile", "badges")]
)
def test_what_writes_says_in_one_line_that_it_cannot(
    replica: Replica, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    done = replica.run(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("peerledger: ")]
    assert len(lines) == 1, done.stderr
    assert "read-only" in lines[0] or "replica" in lines[0]
    assert "Traceback" not in done.stderr
