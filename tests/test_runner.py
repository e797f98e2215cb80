"""The command line, the settings and loading CSV files. On an embedded server of its own."""

import csv
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import new_database
from psycopg import sql
from psycopg.conninfo import make_conninfo

from peerledger.database import Database
from peerledger.errors import RunnerError
from peerledger.load import load
from peerledger.migrate import migrate
from peerledger.sqlfiles import ROOT

ORG = "00000000-0000-4000-8000-000000000001"
MENTOR = "00000000-0000-4000-8000-00000000000a"
ORGANISATIONS = f"id,slug,name\n{ORG},nord,Nord\n"
MENTORS = f"id,organisation_id,display_name,status\n{MENTOR},{ORG},Kari Nordmann,\n"


@pytest.fixture(scope="module")
def migrated_server(own_server: str) -> str:
    migrate(Database(own_server, True, None))
    return own_server


@pytest.fixture
def embedded_database(migrated_server: str) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    with new_database(migrated_server, "peerledger") as address:
        yield address


@pytest.fixture
def database(embedded_database: str) -> Database:
    return Database(embedded_database, True, None)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "organisations.csv").write_text(ORGANISATIONS)
    (tmp_path / "peer_mentors.csv").write_text(MENTORS)
    return tmp_path


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    return subprocess.run(
        [sys.executable, "-m", "peerledger", *arguments],
        cwd=cwd,
        env=clean | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_line(result: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert result.returncode == code, result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def count(database: Database, table: str) -> int:
    with database.connect() as connection:
        row = connection.execute(
            sql.SQL("select count(*) from {}").format(sql.Identifier("public", table))
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PEERLEDGER_MIGRATE_WAIT_SECONDS", "soon", "PEERLEDGER_MIGRATE_WAIT_SECONDS"),
        ("PEERLEDGER_DATABASE_URL", "postgresql://u:hemmelig@[bad/x", "not a PostgreSQL address"),
    ],
)
def test_a_malformed_setting_is_named(tmp_path: Path, name: str, value: str, words: str) -> None:
    result = run("status", cwd=tmp_path, **{name: value})
    assert_one_line(result, 2, name, words)
    assert "hemmelig" not in result.stdout + result.stderr


def test_settings_are_read_from_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PEERLEDGER_MIGRATE_WAIT_SECONDS=soon\nOTHER=1\n")
    assert_one_line(run("status", cwd=tmp_path), 2, "PEERLEDGER_MIGRATE_WAIT_SECONDS")


def test_no_server_is_one_line_without_the_password(tmp_path: Path) -> None:
    result = run("status", cwd=tmp_path, PEERLEDGER_DATABASE_URL="postgresql://u:hemmelig@127.0.0.1:1/x")
    assert_one_line(result, 1, "No connection", "refused")
    assert "hemmelig" not in result.stderr


def test_no_such_database_is_one_line(tmp_path: Path, migrated_server: str) -> None:
    address = make_conninfo(migrated_server, dbname="nowhere")
    assert_one_line(run("migrate", cwd=tmp_path, PEERLEDGER_DATABASE_URL=address), 1, "nowhere")


def test_an_unwritable_data_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("status", cwd=tmp_path, PEERLEDGER_DATA_DIR=str(tmp_path / "file" / "data"))
    assert_one_line(result, 1, str(tmp_path / "file"), "cannot be written")


def test_a_database_that_is_not_migrated_says_so(tmp_path: Path, files: Path, migrated_server: str) -> None:
    address = make_conninfo(migrated_server, dbname="postgres")
    result = run("load", str(files), cwd=tmp_path, PEERLEDGER_DATABASE_URL=address)
    assert_one_line(result, 1, "peerledger migrate")


def test_an_unknown_command_is_one_line(tmp_path: Path) -> None:
    assert_one_line(run("fly", cwd=tmp_path), 2, "fly")


def test_print_needs_no_database(tmp_path: Path) -> None:
    result = run("migrate", "--print", cwd=tmp_path, PEERLEDGER_DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert result.returncode == 0
    assert "create table public.organisations" in result.stdout


def test_status_can_be_read_by_programs(tmp_path: Path, embedded_database: str) -> None:
    result = run("status", "--json", cwd=tmp_path, PEERLEDGER_DATABASE_URL=embedded_database)
    state = json.loads(result.stdout)
    assert (result.returncode, state["migrated"], state["problems"]) == (0, True, [])


def test_psql_passes_arguments_on(tmp_path: Path, embedded_database: str) -> None:
    result = run(
        "psql", "--", "-Atc", "select 40 + 2", cwd=tmp_path, PEERLEDGER_DATABASE_URL=embedded_database
    )
    assert (result.returncode, result.stdout) == (0, "42\n")


def test_loading_again_inserts_nothing(database: Database, files: Path) -> None:
    first, second = load(database, files), load(database, files)
    assert [counts.inserted for counts in first.counts.values()] == [1, 1]
    assert [(counts.inserted, counts.present) for counts in second.counts.values()] == [(0, 1), (0, 1)]


def test_the_samples_load(database: Database) -> None:
    result = load(database, ROOT / "examples" / "likeperson")
    assert not result.bad
    assert all(counts.inserted == counts.read for counts in result.counts.values())


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (f"x,{ORG},{MENTOR},call,2026-01-01,30,1\n", "id", "not a valid uuid"),
        (f"%s,{ORG},{MENTOR},call,2026-02-30,30,1\n", "occurred_on", "not a valid date"),
        (f"%s,{ORG},{MENTOR},call,2026-01-01,,1\n", "duration_minutes", "is empty"),
        (f"%s,{ORG},{MENTOR},call,2026-01-01,9999,1\n", "duration_minutes", "within a day"),
        (f"%s,{ORG},{ORG},call,2026-01-01,30,1\n", "mentor_id", "refers to a row of peer_mentors"),
        (f"%s,{ORG},{MENTOR},call,2026-01-01,30\n", "", "has 6 fields, but the header has 7"),
        (f"%s,{ORG},{MENTOR},call,2026-01-01,30,1,9\n", "", "has 8 fields"),
        (f"%s,{ORG},{MENTOR},ca\udcffll,2026-01-01,30,1\n", "activity_type", "is not UTF-8"),
        (f"%s,{ORG},{MENTOR},ca\0ll,2026-01-01,30,1\n", "activity_type", "NUL"),
        (f'%s,{ORG},{MENTOR},"call,2026-01-01,30,1\n', "", "never closed"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_loaded(
    database: Database, files: Path, line: str, column: str, reason: str
) -> None:
    header = "id,organisation_id,mentor_id,activity_type,occurred_on,duration_minutes,participant_count\n"
    good = f"{uuid.uuid4()},{ORG},{MENTOR},call,2026-01-01,30,1\n"
    text = header + good + line.replace("%s", str(uuid.uuid4()))
    (files / "activities.csv").write_bytes(text.encode(errors="surrogateescape"))
    bad = load(database, files).bad
    assert [(item.file, item.line, item.column) for item in bad] == [("activities.csv", 3, column)]
    assert reason in bad[0].reason
    assert count(database, "organisations") == 0


def test_criteria_are_checked_by_the_database(database: Database, files: Path) -> None:
    (files / "badge_definitions.csv").write_text(
        "id,organisation_id,slug,name,criteria\n"
        f'{uuid.uuid4()},{ORG},ok,Ok,"{{""metric"": ""activity_count"", ""at_least"": 1}}"\n'
        f'{uuid.uuid4()},{ORG},odd,Odd,"{{""metric"": ""charm"", ""at_least"": 1}}"\n'
    )
    bad = load(database, files).bad
    assert [(item.line, item.column) for item in bad] == [(3, "criteria")]


def test_skip_bad_loads_the_rest_and_lists_the_rejects(
    tmp_path: Path, files: Path, database: Database, embedded_database: str
) -> None:
    with (files / "peer_mentors.csv").open("a") as out:
        out.write(f"{uuid.uuid4()},{ORG},Ola Hemmelig,asleep\n")
    environment = {"PEERLEDGER_DATABASE_URL": embedded_database}
    refused = run("load", str(files), cwd=tmp_path, **environment)
    assert refused.returncode == 1
    assert "peer_mentors.csv, line 3, column status: is not a valid mentor_status" in refused.stderr
    assert "Hemmelig" not in refused.stdout + refused.stderr
    for _ in range(2):
        assert run("load", str(files), "--skip-bad", cwd=tmp_path, **environment).returncode == 0
    assert count(database, "peer_mentors") == 1
    with (files / "rejects.csv").open() as written:
        rows = list(csv.DictReader(written))
    assert [(row["file"], row["line"], row["column"]) for row in rows] == [
        ("peer_mentors.csv", "3", "status")
    ]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("mentors.csv", "id\n", r"mentors\.csv: there is no such table.*peer_mentors"),
        ("chapters.csv", "", r"chapters\.csv, line 1: the header"),
        ("chapters.csv", "id,organisation_id,nam\n", "'nam': not a column of chapters"),
        ("chapters.csv", "id,organisation_id,name,name\n", "'name': named twice"),
        ("chapters.csv", "id,name\n", "'organisation_id': missing"),
        ("chapters.csv", "organisation_id,name\n", "'id': missing.*double"),
    ],
)
def test_a_wrong_header_is_named(database: Database, files: Path, name: str, text: str, reason: str) -> None:
    (files / name).write_text(text)
    with pytest.raises(RunnerError, match=reason):
        load(database, files)


def test_reconcile_badges_resumes_where_it_was_stopped(database: Database, tmp_path: Path) -> None:
    with database.connect() as connection:
        connection.execute(
            "insert into public.organisations (id, slug, name) values (%s, 'nord', 'Nord')", (ORG,)
        )
        connection.execute(
            "insert into public.peer_mentors (organisation_id, display_name) "
            "select %s, 'mentor' from generate_series(1, 5)",
            (ORG,),
        )
        connection.execute(
            "insert into public.badge_definitions (organisation_id, slug, name, criteria) "
            """values (%s, 'first', 'First', '{"metric": "activity_count", "at_least": 1}')""",
            (ORG,),
        )
        connection.execute("alter table public.activities disable trigger user")
        connection.execute(
            "insert into public.activities "
            "(organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) "
            "select organisation_id, id, 'visit', '2026-01-15', 30 from public.peer_mentors"
        )
        connection.execute("alter table public.activities enable trigger user")
        started = connection.execute("select public.start_badge_reconciliation('-infinity', true)").fetchone()
        connection.execute("select public.continue_badge_reconciliation(%s, 2)", started)
    assert count(database, "earned_badges") == 2

    def reconcile(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run("reconcile", "badges", *arguments, cwd=tmp_path, PEERLEDGER_DATABASE_URL=database.conninfo)

    assert_one_line(reconcile("--resume", "--all"), 2, "mutually exclusive")
    assert_one_line(reconcile("--since", "yesterday"), 2, "yesterday")
    resumed = reconcile("--resume", "--batch-size", "2")
    assert resumed.returncode == 0, resumed.stderr
    assert "5 badges awarded to 5 mentors" in resumed.stdout
    assert count(database, "earned_badges") == 5
    assert count(database, "notifications") == 0, "it was started without telling anyone"
    assert_one_line(reconcile("--resume"), 1, "No interrupted reconciliation")
    again = reconcile("--all")
    assert "0 badges awarded to 0 mentors" in again.stdout, again.stderr
