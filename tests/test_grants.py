"""`peerledger grants`: the table, the CSV, the list whose sha256 is on record, and the page."""

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Database
from test_report import Page, as_migrator
from test_seal_command import run

from peerledger import grants
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.report.words import load_words
from peerledger.sqlfiles import ROOT

pytestmark = pytest.mark.two_targets

_LANGUAGES = ("nb", "nn", "en")
_PREPARE = """
select tests.make_two_organisations();
insert into public.activities (
    id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes, participant_count
)
select
    tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'nina'),
    activity_type, day::date, minutes, participants
from (
    values
    ('january', 'conversation', '2024-01-31', 30, 1),
    ('leap day', 'talk_group', '2024-02-29', 45, 3),
    ('short', 'talk_group', '2024-07-01', 44, 2),
    ('gardening', 'gardening', '2024-08-01', 60, 3),
    ('another year', 'conversation', '2025-01-01', 30, 1)
) as activity (name, activity_type, day, minutes, participants);
"""


@pytest.fixture
def north(database: Database) -> RunnerDatabase:
    superuser = database.superuser()
    for statement in filter(str.strip, _PREPARE.split(";\n")):
        superuser.execute(statement.encode())
    return as_migrator(database)


def test_the_table_is_printed_and_the_files_say_the_same(
    database: Database, north: RunnerDatabase, tmp_path: Path
) -> None:
    done = run(
        database,
        tmp_path,
        *("grants", "--org", "north", "--year", "2024", "--csv", "a.csv", "--html", "a.html"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "2024 is not closed." in done.stdout
    assert "too_short 1" in done.stdout
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [(one["occurred_on"], one["category"], one["is_counted"], one["reasons"]) for one in found] == [
        ("2024-01-31", "outreach_conversation", "true", ""),
        ("2024-02-29", "conversation_group", "true", ""),
        ("2024-07-01", "conversation_group", "false", "too_short too_few_participants"),
        ("2024-08-01", "", "false", "no_category"),
    ]
    page = Page((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert "2 aktiviteter av 4 teller, og gir 2 poeng." in page.words.replace("\u00a0", " ")
    # The head of the table of months, February and its points.
    february = page.cells.index("februar 2024")
    assert page.cells[february : february + 5] == ["februar 2024", "0", "1", "0", "0"]


def test_a_closed_year_keeps_its_list_and_tells_what_changed(
    database: Database, north: RunnerDatabase, tmp_path: Path
) -> None:
    asked = ("grants", "--org", "north", "--year", "2024")
    done = run(database, tmp_path, *asked, "--close", "--list", "then.jsonl", "--html", "a.html")
    assert done.returncode == 0, done.stderr
    assert "Nothing has changed since." in done.stdout
    listed = (tmp_path / "then.jsonl").read_bytes()
    superuser = database.superuser()
    details = superuser.execute(
        "select details from public.administrative_changes where subject_kind = 'grant_year'"
    ).fetchall()
    assert [row[0]["sha256"] for row in details] == [hashlib.sha256(listed).hexdigest()]
    assert {json.loads(line)["occurred_on"] for line in listed.splitlines()} == {
        *("2024-01-31", "2024-02-29", "2024-07-01", "2024-08-01")
    }
    assert not (tmp_path / "a.proof.json").exists()

    superuser.execute(
        "update public.activities set duration_minutes = 44 where id = tests.id('activity', 'leap day')"
    )
    done = run(
        database,
        tmp_path,
        *asked,
        "--csv",
        "a.csv",
        "--list",
        "now.jsonl",
        "--html",
        "a.html",
        "--lang",
        "en",
    )
    assert done.returncode == 0, done.stderr
    assert "Changed since: 1 activities." in done.stdout
    assert (tmp_path / "now.jsonl").read_bytes() == listed
    words = Page((tmp_path / "a.html").read_text(encoding="utf-8")).words.replace("\u00a0", " ")
    assert "2 of 4 activities count" in words or "2 activities of 4 count" in words
    assert "Points then 2, now 1." in words
    assert "no (too short)" in words
    assert "it still has that sha256" in words
    assert ",45," in (tmp_path / "a.csv").read_text(encoding="utf-8")


def test_a_list_that_was_changed_is_found(database: Database, north: RunnerDatabase, tmp_path: Path) -> None:
    asked = ("grants", "--org", "north", "--year", "2024")
    assert run(database, tmp_path, *asked, "--close").returncode == 0
    superuser = database.superuser()
    superuser.execute("alter table private.grant_year_activities disable trigger user")
    superuser.execute(
        "update private.grant_year_activities set line = replace(line, '\"points\" : 0', '\"points\" : 1')"
    )
    done = run(database, tmp_path, *asked, "--html", "a.html", "--lang", "en")
    assert done.returncode == 1
    assert "its sha256 is another" in done.stderr
    assert "does not have that sha256 any more" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_the_proof_of_a_sealed_closing_stands_beside_the_page(
    database: Database, north: RunnerDatabase, tmp_path: Path
) -> None:
    env = {
        "PEERLEDGER_SEAL_KEY_FILE": str(tmp_path / "seal.key"),
        "PEERLEDGER_SEAL_ORIGIN": "example.org/ledger",
    }
    asked = ("grants", "--org", "north", "--year", "2024", "--html", "a.html", "--lang", "en")
    key = run(database, tmp_path, "seal", "--make-key", **env).stdout.strip()
    assert run(database, tmp_path, *asked, "--close").returncode == 0
    page, proof = tmp_path / "a.html", tmp_path / "a.proof.json"
    assert "sealed every 15 minutes" in page.read_text(encoding="utf-8")
    assert not proof.exists()

    assert run(database, tmp_path, "seal", "--once", **env).returncode == 0
    assert run(database, tmp_path, *asked).returncode == 0
    assert "a.proof.json" in page.read_text(encoding="utf-8")
    judged = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "verify_proof.py"), str(proof), "--key", key],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
    (sha256,) = database.superuser().execute("select sha256 from public.grant_years").fetchone() or ("",)
    assert sha256 in proof.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", _LANGUAGES)
def test_pages_are_valid_and_hold_no_names(database: Database, north: RunnerDatabase, language: str) -> None:
    grants.close(north, "north", 2024)
    database.superuser().execute("delete from public.activities where id = tests.id('activity', 'short')")
    page = grants.render(grants.read(north, "north", 2024), load_words(language), None)
    parsed = Page(page)
    assert parsed.all("html") == [{"lang": language}]
    assert parsed.headings[0] == 1
    assert all(
        after - before <= 1 for before, after in zip(parsed.headings, parsed.headings[1:], strict=False)
    )
    assert not parsed.all("script") + parsed.all("link") + parsed.all("img")
    for name in ("olga", "berit", "nina"):
        assert name not in page
    assert len([cell for cell in parsed.cells if cell == load_words(language).label("removed")]) == 1


def test_unknown_organisations_and_years_are_usage_errors(
    database: Database, north: RunnerDatabase, tmp_path: Path
) -> None:
    done = run(database, tmp_path, "grants", "--org", "nowhere", "--year", "2024")
    assert (done.returncode, "There is no organisation 'nowhere'" in done.stderr) == (2, True)
    assert run(database, tmp_path, "grants", "--org", "north", "--year", "1969").returncode == 2
    done = run(database, tmp_path, "grants", "--org", "north", "--year", "2199", "--close")
    assert (done.returncode, "2199 has not begun" in done.stderr) == (2, True)
    done = run(database, tmp_path, "grants", "--org", "north", "--year", "2024", "--csv", "no/such/place.csv")
    assert (done.returncode, "cannot be written" in done.stderr) == (1, True)
    with pytest.raises(RunnerError):
        grants.read(north, "nowhere", 2024)
