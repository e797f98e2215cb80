"""Months of a log go into files and come back the same; nothing goes that must stay."""

import gzip
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from conftest import Database
from psycopg import errors

from peerledger import archive
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.settings import Settings

pytestmark = pytest.mark.two_targets

OLD = "2019-03"
_FILL = """
insert into public.badge_evaluation_logs (
    peer_mentor_id, org_id, triggered_at, criteria_outcomes, duration_ms, source, error_message
)
select
    tests.id('mentor', 'olga'), tests.id('organisation', 'north'),
    %s::timestamptz + number * interval '1 hour 0.123457 s', '{"å": true}', 1 + number, 'manual',
    case when number %% 3 = 0 then 'Something unexpected failed. (unknown)' end
from generate_series(1, %s) as number
"""


@pytest.fixture
def old(database: Database) -> Database:
    """A month far past the floor, with a partition of its own that the upkeep made."""
    superuser = database.superuser()
    superuser.execute("select tests.make_two_organisations()")
    superuser.execute(_FILL, (f"{OLD}-01 00:00+00", 100))
    superuser.execute("select private.ensure_log_partitions()")
    return database


def run(database: Database, directory: Path, *, execute: bool = True) -> tuple[int, list[str]]:
    said: list[str] = []
    return archive.run(
        runner(database), directory, settings=settings(directory), execute=execute, report=said.append
    ), said


def settings(directory: Path) -> Settings:
    return Settings.model_construct(None, data_dir=directory.with_name(f"{directory.name}-runner"))


def runner(database: Database) -> RunnerDatabase:
    return RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)


def scalar(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def old_count(database: Database) -> object:
    return scalar(
        database.superuser(),
        "select count(*) from public.badge_evaluation_logs where triggered_at < '2020-01-01'",
    )


def test_without_execute_nothing_is_written_or_removed(old: Database, tmp_path: Path) -> None:
    count, said = run(old, tmp_path / "to", execute=False)
    assert count == 1
    assert said == ["badge_evaluation_logs 2019-03: would be archived and removed, 100 entries"]
    assert not (tmp_path / "to").exists()
    assert old_count(old) == 100


def test_an_archived_month_is_restored_unchanged(old: Database, tmp_path: Path) -> None:
    superuser = old.superuser()
    superuser.execute(
        "create table public.before as select * from public.badge_evaluation_logs "
        "where triggered_at < '2020-01-01'"
    )
    count, _ = run(old, tmp_path)
    assert (count, old_count(old)) == (1, 0)
    (entry,) = archive.read_manifest(tmp_path)
    assert (entry.log, entry.month, entry.rows) == ("badge_evaluation_logs", "2019-03-01", 100)
    assert entry.first_at is not None
    assert entry.last_at is not None
    assert entry.first_at.startswith("2019-03-01T01:00:00.123457")
    assert entry.first_at < entry.last_at
    assert scalar(superuser, "select to_regclass('private.badge_evaluation_logs_2019_03')") is None
    details = scalar(
        superuser, "select details from public.security_events where event_kind = 'log_archived'"
    )
    assert details == {
        "month": "2019-03-01",
        "entries": 100,
        "entries_sha256": entry.rows_sha256,
        "file_sha256": entry.file_sha256,
        "object": "private.badge_evaluation_logs_2019_03",
    }
    assert archive.restore(runner(old), tmp_path, "asked", None, lambda _: None) == 100
    assert archive.restore(runner(old), tmp_path, '100 %(month)s "asked"', None, lambda _: None) == 100
    # Its reader need not wait for autovacuum.
    rows = "select reltuples from pg_class where oid = 'asked.badge_evaluation_logs'::regclass"
    assert scalar(superuser, rows) == 100
    for left, right in (("asked.badge_evaluation_logs", "before"), ("before", "asked.badge_evaluation_logs")):
        assert (
            scalar(
                superuser,
                f"select count(*) from (select to_jsonb(a) - 'recorded_in' from {left} as a "
                f"except select to_jsonb(b) - 'recorded_in' from {right} as b) as x",
            )
            == 0
        )
    superuser.execute("select private.ensure_log_partitions()")
    assert scalar(superuser, "select count(*) from public.ops_alerts") == 0, (
        "what an archive took is not missed"
    )
    assert run(old, tmp_path)[0] == 0


def test_late_entries_of_an_archived_month_go_into_a_second_file(old: Database, tmp_path: Path) -> None:
    run(old, tmp_path)
    superuser = old.superuser()
    superuser.execute(_FILL, (f"{OLD}-05 00:00+00", 1))
    superuser.execute("select private.ensure_log_partitions()")
    assert run(old, tmp_path)[0] == 1
    assert sorted(entry.rows for entry in archive.read_manifest(tmp_path)) == [1, 100]
    assert len(list(tmp_path.glob("*.jsonl.gz"))) == 2


def test_an_entry_added_during_export_prevents_removal(old: Database, tmp_path: Path) -> None:
    connection = old.migrator()
    (month,) = archive.past_floor(connection)
    entry = archive.export(connection, month, tmp_path)
    old.superuser().execute(_FILL, (f"{OLD}-05 00:00+00", 1))
    with pytest.raises(RunnerError, match="22023"):
        archive.prune(connection, month, entry)
    assert old_count(old) == 101


def test_export_waits_for_uncommitted_inserts(old: Database, tmp_path: Path) -> None:
    """The removal cannot overtake it: it gives up or sees the entry, and removes nothing."""
    connection, writer = old.migrator(), old.superuser()
    (month,) = archive.past_floor(connection)
    entry = archive.export(connection, month, tmp_path)
    outcome: list[str] = []

    def remove() -> None:
        try:
            archive.prune(connection, month, entry)
        except RunnerError as error:
            outcome.append(error.message)

    thread = threading.Thread(target=remove)
    observer, deadline = old.superuser(), time.monotonic() + 60
    with writer.transaction():
        writer.execute(_FILL, (f"{OLD}-05 00:00+00", 1))
        thread.start()
        while not outcome and not scalar(
            observer,
            "select count(*) from pg_locks where not granted and mode = 'AccessExclusiveLock'"
            " and database = (select oid from pg_database where datname = current_database())",
        ):
            assert time.monotonic() < deadline, "the removal neither waits nor ends"
            time.sleep(0.01)
    thread.join()
    # 55P03: the writer took longer than a removal waits.
    assert [re.findall("22023|55P03", words) for words in outcome] in ([["22023"]], [["55P03"]])
    assert old_count(old) == 101


@pytest.mark.parametrize("organisation", ["north", "south"])
def test_a_legal_hold_keeps_the_entries_of_its_organisation(
    old: Database, tmp_path: Path, organisation: str
) -> None:
    service = old.connect_as("service_role")
    service.execute(
        "select public.set_legal_hold(tests.id('organisation', %s), 'DPA-2026/14')", (organisation,)
    )
    count, said = run(old, tmp_path)
    if organisation == "south":
        assert count == 1
        return
    assert (count, old_count(old)) == (0, 100)
    assert said == ["badge_evaluation_logs 2019-03: kept: under a legal hold"]
    with pytest.raises(errors.DatabaseError) as caught:
        old.migrator().execute(
            "select private.prune_log_month('badge_evaluation_logs', '2019-03-01', 100, '', '')"
        )
    assert caught.value.sqlstate == "PL005"
    service.execute("select public.lift_legal_hold(id) from public.legal_holds")
    assert run(old, tmp_path)[0] == 1


@pytest.mark.parametrize("months_ago", [0, 1, 59, 60])
def test_nothing_younger_than_the_retention_floor_is_removed(database: Database, months_ago: int) -> None:
    """60 months ago: its last day is not five years old before the next month begins."""
    superuser = database.superuser()
    superuser.execute("set role peerledger_owner")
    superuser.execute(
        f"call private.create_log_partition('badge_evaluation_logs', "
        f"(date_trunc('month', now() at time zone 'utc')"
        f" - interval '{months_ago} months')::date)".encode()
    )
    superuser.execute("reset role")
    with pytest.raises(errors.DatabaseError) as caught:
        superuser.execute(
            f"select private.prune_log_month('badge_evaluation_logs', "
            f"(date_trunc('month', now() at time zone 'utc')"
            f" - interval '{months_ago} months')::date, 0, encode(sha256(''), 'hex'), '')".encode()
        )
    assert caught.value.sqlstate == "PL005"


def test_a_raised_retention_keeps_entries_and_cannot_be_lowered(old: Database, tmp_path: Path) -> None:
    migrator = old.migrator()
    migrator.execute("select private.set_log_retention('badge_evaluation_logs', 240)")
    assert run(old, tmp_path)[0] == 0
    for statement in (
        "select private.set_log_retention('badge_evaluation_logs', 239)",
        "select private.set_log_retention('badge_evaluation_logs', 59)",
        "update private.logs set retention_months = 60 where log_name = 'badge_evaluation_logs'",
        "update private.logs set log_name = 'another' where log_name = 'badge_evaluation_logs'",
        "delete from private.logs",
        "truncate private.logs",
    ):
        with pytest.raises(errors.DatabaseError) as caught:
            old.superuser().execute(statement.encode())
        assert caught.value.sqlstate == "PL005", statement


def _shorten(file: Path) -> None:
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(lines[:-1]), mtime=0))


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


@pytest.mark.parametrize("damage", [_shorten, _flip, _cut, Path.unlink])
def test_a_damaged_file_is_neither_restored_nor_verified(
    old: Database, tmp_path: Path, damage: object
) -> None:
    connection = old.migrator()
    (month,) = archive.past_floor(connection)
    entry = archive.export(connection, month, tmp_path)
    archive.verify(tmp_path, entry)
    damage(tmp_path / entry.file)  # type: ignore[operator]
    with pytest.raises(RunnerError, match=entry.file):
        archive.verify(tmp_path, entry)
    with pytest.raises(RunnerError, match=entry.file):
        archive.restore(runner(old), tmp_path, "asked", None, lambda _: None)
    assert scalar(old.superuser(), "select to_regnamespace('asked')") is None


def test_the_database_notices_a_file_changed_with_its_manifest(old: Database, tmp_path: Path) -> None:
    connection = old.migrator()
    (month,) = archive.past_floor(connection)
    entry = archive.export(connection, month, tmp_path)
    _shorten(tmp_path / entry.file)
    manifest = json.loads((tmp_path / archive.MANIFEST).read_text())
    lines = list(archive.read_lines(tmp_path / entry.file))
    manifest["entries"][0] |= {"rows": len(lines), "file_sha256": archive._file_sha256(tmp_path / entry.file)}
    (tmp_path / archive.MANIFEST).write_text(json.dumps(manifest))
    (forged,) = archive.read_manifest(tmp_path)
    with pytest.raises(RunnerError, match="22023"):
        archive.prune(connection, month, forged)
    assert old_count(old) == 100


def test_an_archive_is_readable_only_by_its_owner(old: Database, tmp_path: Path) -> None:
    run(old, tmp_path / "to")
    assert (tmp_path / "to").stat().st_mode & 0o077 == 0


def test_the_commands(old: Database, tmp_path: Path) -> None:
    def peerledger(*arguments: str) -> tuple[int, str]:
        url = old.dsn(old.target.server.migrator_dsn)
        result = subprocess.run(
            [sys.executable, "-m", "peerledger", *arguments],
            env={**os.environ, "PEERLEDGER_DATABASE_URL": url},
            # Its own: what was signed for another database is nobody's here.
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return result.returncode, (result.stdout + result.stderr).strip()

    to = str(tmp_path / "to")
    code, said = peerledger("archive", "--to", to)
    assert (code, said.splitlines()[-1]) == (
        0,
        "Nothing was written or removed. Add --execute to archive.",
    )
    code, said = peerledger("archive", "--to", to, "--execute")
    assert code == 0
    assert "100 entries in badge_evaluation_logs_2019_03_" in said
    assert peerledger("archive") == (0, "No month is past its retention and free of legal holds.")
    code, said = peerledger("restore-archive", to, "--schema", "asked")
    assert (code, said.splitlines()[-1]) == (
        0,
        '100 entries restored. When you are done: drop schema "asked" cascade;',
    )
    code, said = peerledger("restore-archive", to, "--schema", "asked")
    assert code == 2
    assert said == "peerledger: The schema asked exists already. Give another name, or drop it first."
    code, said = peerledger("restore-archive", str(tmp_path), "--schema", "other")
    assert (code, said.count("\n")) == (2, 0)


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
@pytest.mark.parametrize(
    "call",
    [
        "private.prune_log_month('badge_evaluation_logs', '2019-03-01', 0, '', '')",
        "private.set_log_retention('badge_evaluation_logs', 60)",
        "private.read_log_month('badge_evaluation_logs', '2019-03-01')",
        "private.log_months()",
        "private.ensure_log_partitions()",
    ],
)
def test_archiving_is_not_for_api_roles(database: Database, role: str, call: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        database.connect_as(role).execute(f"select {call}".encode())
