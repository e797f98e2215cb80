"""`demo`: shows the whole of it, twice the same, on a screen of 80 columns, and keeps off real data."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from peerledger import embedded
from peerledger.sqlfiles import ROOT


def demo(directory: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    # What is set of the real Dynamics has no say.
    # Nor has the database that somebody works on, as the README tells them to name it.
    real = {
        "PEERLEDGER_DYNAMICS_URL": "https://127.0.0.1:1",
        "PEERLEDGER_DYNAMICS_LISTED_COLUMN": "other",
        "PEERLEDGER_DATABASE_URL": "postgresql://127.0.0.1:1/real",
    }
    return subprocess.run(
        [sys.executable, "-m", "peerledger", "demo"],
        cwd=directory,
        env=clean | real | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def entries(directory: Path) -> dict[str, int]:
    """Of each log."""
    with psycopg.connect(embedded.start(directory / ".peerledger")) as connection:
        logs = [row[0] for row in connection.execute("select log_name from private.logs").fetchall()]
        found = {}
        for log in logs:
            row = connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier("public", log))
            ).fetchone()
            assert row is not None
            found[log] = row[0]
    return found


def test_the_demo_can_be_run_twice(data_directory: Path) -> None:
    first = demo(data_directory)
    assert first.returncode == 0, first.stderr
    with psycopg.connect(embedded.start(data_directory / ".peerledger")) as connection:
        # Two badges are for years of service: of those there are more from day to day.
        found = connection.execute(
            "select count(*), count(*) filter (where definition.criteria::text not like '%tenure_days%')"
            " from public.earned_badges as award"
            " inner join public.badge_definitions as definition on definition.id = award.badge_definition_id"
        ).fetchone()
    assert found is not None
    awarded, whenever_asked = found
    assert whenever_asked == 1_317
    for words in (
        "26,989",
        f"{awarded:,}",
        "12 expired, 34 reminded, 0",
        "The website now lists 231 mentors",
    ):
        assert words in first.stdout, first.stdout
    # A signature and a command are to be copied whole.
    whole = ("— ", "python3 ")
    assert max(len(line) for line in first.stdout.splitlines() if not line.startswith(whole)) <= 80
    assert len(first.stdout.splitlines()) < 100
    before = entries(data_directory)
    assert before["badge_evaluation_logs"] > 700
    second = demo(data_directory)
    assert second.returncode == 0, second.stderr
    assert "The website now lists 231 mentors; the log holds 261 attempts." in second.stdout
    # It finds everything there, and adds nothing that could never be removed.
    assert second.stdout.count("Already completed.") == 5
    assert entries(data_directory) == before

    with psycopg.connect(embedded.start(data_directory / ".peerledger")) as connection:
        connection.execute("insert into public.organisations (slug, name) values ('real', 'Real')")
    refused = demo(data_directory)
    assert refused.returncode == 1
    assert "not sample data" in refused.stderr.splitlines()[-1]
