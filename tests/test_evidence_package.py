"""The package for an auditor of one organisation: judged by plain Python, in another place, without us."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import psycopg
import pytest
from conftest import Database
from sealing import fill, one, runner, seal_all, settings

from peerledger import checkpoints, evidence, seal
from peerledger.errors import RunnerError

pytestmark = pytest.mark.two_targets

LOG = "badge_evaluation_logs"
_PAST = """
select tests.make_two_organisations();
update public.organisations set created_at = '2026-01-01';
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, duration_ms, source)
select gen_random_uuid(), tests.id('organisation', name), timestamptz '2026-08-05' + number * interval '1 hour', number, 'manual'
from generate_series(1, 9) as number
cross join unnest(array['north', 'south']) as name;
select private.ensure_log_partitions();
"""


@pytest.fixture
def first_rows() -> str:
    return _PAST


@pytest.fixture
def past(database: Database) -> psycopg.Connection:
    """A month that is over, with entries of two organisations in turns, and one that is not."""
    superuser = database.superuser()
    fill(superuser, 3)
    return superuser


def write(database: Database, directory: Path, slug: str = "north") -> Path:
    # The month of the present is never counted yet.
    package = directory / slug
    evidence.write(
        runner(database), settings(directory), slug, date(2026, 8, 1), date.today().replace(day=1), package
    )
    return package


def judged(package: Path, *arguments: str) -> tuple[int, str]:
    """As on another machine: a copy, and a Python without any package of ours."""
    elsewhere = package.with_name(f"{package.name}-elsewhere")
    shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.copytree(package, elsewhere)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _RUN, "verify_package.py", *arguments],
        cwd=elsewhere,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


# -I leaves the directory of the program out; a person runs it without.
_RUN = (
    "import sys, runpy; sys.path.insert(0, '.'); sys.argv = sys.argv[1:]; "
    "runpy.run_path('verify_package.py', run_name='__main__')"
)


def test_a_package_is_sound_and_somebody_vouches(
    database: Database, past: psycopg.Connection, tmp_path: Path
) -> None:
    package = write(database, tmp_path)
    code, said = judged(package)
    assert code == 3, said
    entries = one(past, f"select count(*) from public.{LOG} where org_id = tests.id('organisation', 'north')")
    assert f"{LOG}: {entries} entries, not every month counted yet" in said
    code, said = judged(package, "--seen", str(tmp_path / "seals" / "checkpoint"))
    assert (code, said.splitlines()[-1]) == (0, "SOUND.")
    other = tmp_path / "other"
    checkpoint = checkpoints.read_file(tmp_path / "seals" / "checkpoint")
    other.write_text(checkpoints.make(checkpoint.origin, checkpoint.size, b"\1" * 32, None).note)
    code, said = judged(package, "--seen", str(other))
    assert code == 1
    assert "two different trees of the same size" in said
    page = (package / "index.html").read_text()
    for words in ("Slik kontrollerer du pakken", "How to check it", checkpoints.package_verifier_sha256()):
        assert words in page


def test_a_package_holds_nothing_of_anybody_else(
    database: Database, past: psycopg.Connection, tmp_path: Path
) -> None:
    package = write(database, tmp_path)
    everything = "".join(
        path.read_text() for path in package.rglob("*") if path.suffix in (".jsonl", ".json")
    )
    for kind, name in (("organisation", "south"), ("mentor", "sara"), ("user", "sven")):
        assert str(one(past, "select tests.id(%s, %s)", kind, name)) not in everything
    assert str(one(past, "select tests.id('organisation', 'north')")) in everything


def edit(path: Path, change: Callable[[list[dict[str, object]]], list[dict[str, object]]]) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in change(rows)))


@pytest.mark.parametrize("month", ["2026-08", f"{date.today():%Y-%m}"], ids=["counted", "not counted yet"])
@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda rows: rows[1:], "was left out"),
        (
            lambda rows: [
                {**rows[0], "line": rows[0]["line"].replace('"manual"', '"activity_insert"')},
                *rows[1:],
            ],
            "was changed",
        ),
        (
            lambda rows: [
                {**rows[0], "line": rows[0]["line"].replace('"org_id": "', '"org_id": "f')},
                *rows[1:],
            ],
            "is of another organisation",
        ),
        (lambda rows: [*rows, {**rows[0], "index": rows[-1]["index"] + 1}], "was added"),
        (lambda rows: [*rows, rows[0]], "is there twice"),
    ],
    ids=["left out", "changed", "of another organisation", "added", "twice"],
)
def test_what_was_done_to_a_row_is_named(
    database: Database, past: psycopg.Connection, tmp_path: Path, month: str,
    change: Callable[[list[dict[str, object]]], list[dict[str, object]]], word: str,
) -> None:  # fmt: skip
    package = write(database, tmp_path)
    path = package / "logs" / LOG / f"{month}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    first = next(row for row in rows if '"manual"' in row["line"])
    edit(path, lambda rows: change([first, *(row for row in rows if row != first)]))
    code, said = judged(package)
    assert code == 1
    assert word in said
    assert f"{LOG} {month}: the " in said


def test_a_row_of_another_organisation_is_refused_even_when_it_is_genuine(
    database: Database, past: psycopg.Connection, tmp_path: Path
) -> None:
    north, south = write(database, tmp_path), write(database, tmp_path, "south")
    name = f"logs/{LOG}/2026-08.jsonl"
    genuine = json.loads((south / name).read_text().splitlines()[0])
    edit(north / name, lambda rows: [*rows, genuine])
    code, said = judged(north)
    assert code == 1
    assert f"the entry at place {genuine['index']} is of another organisation" in said


def test_a_row_that_is_left_out_with_its_leaf_is_missed_by_the_statement(
    database: Database, past: psycopg.Connection, tmp_path: Path
) -> None:
    package = write(database, tmp_path)
    base = package / "logs" / LOG
    edit(base / "2026-08.jsonl", lambda rows: rows[1:])
    leaves = base / "2026-08.leaves.json"
    leaves.write_text(json.dumps(json.loads(leaves.read_text())[1:]))
    code, said = judged(package)
    assert code == 1
    assert f"{LOG} 2026-08: the statement of the month: it counts 9 entries, the package lists 8" in said


def test_a_whole_month_cannot_be_left_out(
    database: Database, past: psycopg.Connection, tmp_path: Path
) -> None:
    package = write(database, tmp_path)
    manifest = json.loads((package / "manifest.json").read_text())
    del manifest["logs"][LOG]["2026-08"]
    (package / "manifest.json").write_text(json.dumps(manifest))
    code, said = judged(package)
    assert code == 1
    assert f"{LOG} 2026-08: the month was left out" in said
    (package / "manifest.json").unlink()
    assert judged(package)[0] == 2


def test_late_entries_make_another_statement_that_names_the_first(
    database: Database, past: psycopg.Connection
) -> None:
    seal_all(past)
    assert one(past, "select private.count_log_months()") == 1
    assert one(past, "select private.count_log_months()") == 0
    past.execute(
        "insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, duration_ms, source) "
        "values (gen_random_uuid(), tests.id('organisation', 'south'), '2026-08-20', 1, 'manual')"
    )
    seal_all(past)
    assert one(past, "select private.count_log_months()") == 1
    statements = past.execute(
        "select slug, (details ->> 'entries')::int, details ->> 'instead_of' is not null "
        "from public.security_events inner join public.organisations on organisations.id = organisation_id "
        "where event_kind = 'log_month_counted' order by details ? 'instead_of', slug"
    ).fetchall()
    assert statements == [("north", 9, False), ("south", 9, False), ("south", 10, True)]


def test_the_root_of_a_statement_is_that_of_a_second_implementation(
    database: Database, past: psycopg.Connection
) -> None:
    seal_all(past)
    judge = checkpoints.package_verifier()
    for organisation, entries, root in past.execute(
        "select organisation_id, entries, root from private.month_statement(%s, '2026-08-01')", (LOG,)
    ).fetchall():
        leaves = past.execute(
            "select leaf from private.evidence_entries(%s, %s, '2026-08-01', private.tree_size())",
            (organisation, LOG),
        ).fetchall()
        assert entries == len(leaves) == 9
        assert bytes(root) == judge.list_root([bytes(leaf) for (leaf,) in leaves])


def test_a_package_needs_a_directory_of_its_own(
    database: Database, past: psycopg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "something").write_text("else")
    with pytest.raises(RunnerError, match="not empty"):
        write(database, tmp_path)
    with pytest.raises(RunnerError, match="no organisation nobody"):
        write(database, tmp_path, "nobody")
    seal.seal(runner(database))
