"""What is gone from a log is archived, erased by order, missing or changed, and never taken for another of these."""

import gzip
import hashlib
import json
from pathlib import Path

import psycopg
import pytest
from conftest import Database
from sealing import LOG, everything_off, fill, one, problems, runner, seal_all, settings

from peerledger import archive, seal, verify

pytestmark = pytest.mark.two_targets

_OLD = """
select tests.make_two_organisations();
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, duration_ms, source)
select gen_random_uuid(), gen_random_uuid(), timestamptz '2019-03-05' + number * interval '1 minute', number, 'manual'
from generate_series(1, 30) as number;
select private.ensure_log_partitions();
"""


@pytest.fixture
def first_rows(request: pytest.FixtureRequest) -> str:
    return _OLD if "old" in request.fixturenames else ""


@pytest.fixture
def old(database: Database) -> psycopg.Connection:
    return database.superuser()


def archived(database: Database, directory: Path) -> None:
    count = archive.run(
        runner(database),
        directory / "archive",
        settings=settings(directory),
        execute=True,
        report=lambda _: None,
    )
    assert count == 1
    seal.seal(runner(database))


def judged(database: Database, directory: Path) -> list[str]:
    verdict = verify.verify_archive(runner(database), settings(directory), directory / "archive")
    return sorted({finding.problem.split(" (")[0].split(":")[0] for finding in verdict.findings})


def rewritten(directory: Path, change: object) -> None:
    """The archive's one file with other lines, and a manifest that agrees with them: whoever can do one, can do both."""
    (entry,) = archive.read_manifest(directory / "archive")
    path = directory / "archive" / entry.file
    lines = gzip.decompress(path.read_bytes()).splitlines()
    assert callable(change)
    lines = change(lines)
    path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)))
    manifest = json.loads((directory / "archive" / archive.MANIFEST).read_text())
    digest = hashlib.sha256()
    for line in lines:
        digest.update(hashlib.sha256(line).digest())
    manifest["entries"][0] |= {
        "file_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": len(lines),
        "rows_sha256": digest.hexdigest(),
    }
    (directory / "archive" / archive.MANIFEST).write_text(json.dumps(manifest))


def test_a_sound_archive_is_sound_without_a_row(
    database: Database, old: psycopg.Connection, tmp_path: Path
) -> None:
    archived(database, tmp_path)
    assert judged(database, tmp_path) == []
    everything_off(old)
    old.execute(f"delete from public.{LOG}")
    assert judged(database, tmp_path) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: lines[:-1], ["missing"]),
        (lambda lines: [lines[0].replace(b'"duration_ms": 1', b'"duration_ms": 9'), *lines[1:]], ["changed"]),
        (
            lambda lines: [*lines, lines[0].replace(b'"id": "', b'"id": "f', 1).replace(b'", "', b'", "', 1)],
            ["without a leaf"],
        ),
        (lambda lines: [*lines, b"[]"], ["changed"]),
    ],
    ids=["left out", "changed", "added", "no entry"],
)
def test_what_was_done_to_an_archive_is_named(
    database: Database, old: psycopg.Connection, tmp_path: Path, change: object, words: list[str]
) -> None:
    archived(database, tmp_path)
    rewritten(tmp_path, change)
    assert judged(database, tmp_path) == words


def test_an_archived_month_that_no_file_has_is_missing(
    database: Database, old: psycopg.Connection, tmp_path: Path
) -> None:
    archived(database, tmp_path)
    manifest = tmp_path / "archive" / archive.MANIFEST
    manifest.write_text(json.dumps({"format": 1, "entries": []}))
    assert judged(database, tmp_path) == ["missing"]


@pytest.mark.parametrize("kind", ["not sealed", "not sent out", "changed"])
def test_a_month_that_is_not_provable_without_its_rows_stays(
    database: Database, old: psycopg.Connection, tmp_path: Path, kind: str
) -> None:
    if kind != "not sealed":
        seal_all(old)
        old.execute(
            "select private.record_receipt(%s, 'own_file', '')", (1 if kind == "not sent out" else 99_999,)
        )
    if kind == "changed":
        everything_off(old)
        old.execute(f"update public.{LOG} set duration_ms = 9 where triggered_at = '2019-03-05 00:01+00'")
    migrator = database.migrator()
    month = archive.past_floor(migrator)[0]
    archive._make_directory(tmp_path / "archive")
    entry = archive.export(migrator, month, tmp_path / "archive")
    with pytest.raises(psycopg.Error) as refused:
        migrator.execute(
            "select private.prune_log_month(%s, %s, %s, %s, %s)",
            (month.log, month.month, entry.rows, entry.rows_sha256, entry.file_sha256),
        )
    assert refused.value.sqlstate == ("PL008" if kind == "changed" else "PL007")
    assert one(old, f"select count(*) from public.{LOG} where triggered_at < '2020-01-01'") == 30


def test_an_order_of_a_court_erases_one_entry_and_says_so(
    database: Database, old: psycopg.Connection
) -> None:
    migrator = database.migrator()
    entry = one(
        old,
        "select id from public.proxy_audit_log where proxy_activity_id = tests.id('activity', 'nina for olga')",
    )
    erase = "select private.erase_log_entry('proxy_audit_log', %s, 'TOSLO-2031/17')"
    with pytest.raises(psycopg.Error) as refused:
        migrator.execute(erase, (entry,))
    assert refused.value.sqlstate == "PL007"
    seal_all(old)
    migrator.execute(erase, (entry,))
    assert one(old, "select count(*) from public.proxy_audit_log where id = %s", entry) == 0
    assert one(old, "select count(*) from public.proxy_audit_log") == 1, "no other"
    assert problems(old) == ["missing"], "what is not sealed yet explains nothing"
    seal_all(old)
    assert problems(old) == []
    assert old.execute("select * from private.find_incomplete_logs()").fetchall() == []
    assert one(old, "select count(*) from private.log_gaps('-infinity') where hole = 'erased'") == 1
    details = one(old, "select details from public.security_events where event_kind = 'entry_erased'")
    assert isinstance(details, dict)
    assert details["case_reference"] == "TOSLO-2031/17"
    with pytest.raises(psycopg.Error) as refused:
        migrator.execute(erase, (entry,))
    assert refused.value.sqlstate == "PT404"


def test_the_guards_are_back_after_an_erasure_and_nobody_is_alarmed(
    database: Database, old: psycopg.Connection
) -> None:
    fill(old, 3)
    seal_all(old)
    guards = (
        "select count(*), min(tgenabled), max(tgenabled) from pg_trigger where tgname ~ '^_(100_no|200_no)'"
    )
    before = old.execute(guards).fetchall()
    forced = "select count(*) from pg_class where relforcerowsecurity"
    forced_before = one(old, forced)
    entry = one(
        old, f"select id from public.{LOG} where duration_ms = 3 and triggered_at > '2026-01-01' limit 1"
    )
    database.migrator().execute("select private.erase_log_entry(%s, %s, 'X-1')", (LOG, entry))
    assert old.execute(guards).fetchall() == before
    assert one(old, forced) == forced_before
    old.execute("select private.watch_logs()")
    assert one(old, "select count(*) from public.ops_alerts") == 0
    assert one(old, "select count(*) from private.log_guards() where problem <> ''") == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        old.execute(f"delete from public.{LOG}")


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("select public.set_legal_hold(tests.id('organisation', 'north'), 'N-1')", "PL005"),
        ("update public.badge_evaluation_logs set duration_ms = 9", "PL008"),
    ],
    ids=["under a legal hold", "changed before"],
)
def test_what_must_not_be_erased_stays(
    database: Database, old: psycopg.Connection, deed: str, code: str
) -> None:
    fill(old, 1)
    seal_all(old)
    if code == "PL008":
        everything_off(old)
    old.execute(deed.encode())
    entry = one(
        old,
        f"select id from public.{LOG} where org_id = tests.id('organisation', 'north') order by triggered_at desc limit 1",
    )
    with pytest.raises(psycopg.Error) as refused:
        database.migrator().execute("select private.erase_log_entry(%s, %s, 'X-1')", (LOG, entry))
    assert refused.value.sqlstate == code
    assert one(old, f"select count(*) from public.{LOG} where id = %s", entry) == 1


def test_an_entry_that_explains_others_is_never_erased(database: Database, old: psycopg.Connection) -> None:
    seal_all(old)
    entry = one(old, "select id from public.security_events where event_kind = 'completeness_began'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.migrator().execute("select private.erase_log_entry('security_events', %s, 'X-1')", (entry,))


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_nobody_erases_through_the_api(database: Database, old: psycopg.Connection, role: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.connect_as(role).execute(
            "select private.erase_log_entry('proxy_audit_log', gen_random_uuid(), 'X-1')"
        )


def test_what_is_archived_after_six_years_is_a_lawful_hole(
    database: Database, old: psycopg.Connection, tmp_path: Path
) -> None:
    """Activities, changes and proxies of before: their entries are in the archive, and nothing is missed."""
    everything_off(old)
    then = "interval '7 years'"
    old.execute(
        f"update public.activities set created_at = created_at - {then}, updated_at = updated_at - {then}"
    )
    old.execute(f"update public.badge_evaluation_logs set triggered_at = triggered_at - {then}")
    old.execute(f'update public.proxy_audit_log set "timestamp" = "timestamp" - {then}')
    old.execute(f"update public.administrative_changes set changed_at = changed_at - {then}")
    for facts in ("organisations", "coordinator_assignments", "peer_mentors"):
        old.execute(f"update public.{facts} set created_at = created_at - {then}")
    _guards_back(database)
    old.execute("select private.ensure_log_partitions()")
    assert (
        archive.run(
            runner(database), tmp_path / "archive", settings=settings(tmp_path), execute=True, report=print
        )
        > 3
    )
    seal.seal(runner(database))
    assert old.execute("select * from private.find_incomplete_logs()").fetchall() == []
    holes = old.execute(
        "select distinct \"check\", hole from private.log_gaps('-infinity') order by 1"
    ).fetchall()
    assert holes == [
        ("activity_without_entry", "archived"),
        ("fact_without_entry", "archived"),
        ("proxy_without_entry", "archived"),
    ]
    assert judged(database, tmp_path) == []
    assert problems(old) == []


def _guards_back(database: Database) -> None:
    database.superuser().execute(
        """
        do $$
        declare
            v_trigger record;
        begin
            for v_trigger in
                select tgname, tgrelid::regclass as target
                from pg_trigger
                where tgenabled = 'D' and not tgisinternal
            loop
                execute format(
                    'alter table %s enable %s trigger %I', v_trigger.target,
                    case when v_trigger.tgname ~ '^_(100_no|200_no|3)' then 'always' else '' end, v_trigger.tgname
                );
            end loop;
        end
        $$
        """
    )
