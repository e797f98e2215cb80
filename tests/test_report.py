"""`peerledger report`: one file that holds the database's figures, and nothing that it should not."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import Database
from night_steps import STEPS

from peerledger import load, report
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.notify.texts import TEMPLATES
from peerledger.report.words import LANGUAGES, load_words
from peerledger.sqlfiles import ROOT

pytestmark = pytest.mark.two_targets

_EXAMPLES = ROOT / "examples" / "likeperson"
_LANGUAGES = ("nb", "nn", "en")
# By the clocks of the organisations.
_TODAY = datetime.now(ZoneInfo("Europe/Oslo")).date()
# Also should midnight come meanwhile.
_ALL_TIME = (_TODAY - timedelta(days=700), _TODAY + timedelta(days=1))
_PREPARE = """
select tests.make_two_organisations();
select tests.make_log_entry('olga') from generate_series(1, 1234);
select public.run_certification_expiry();
insert into public.ops_alerts (kind, severity, message, dedupe_key, organisation_id)
values ('<b>new kind</b>', 'warning', 'One.', 'x', tests.id('organisation', 'north'));
"""
_VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Stricter than a browser: every tag that is opened is closed, and in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.headings: list[int] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


@pytest.fixture
def opened(database: Database) -> RunnerDatabase:
    """As the role that migrates, which on Supabase is no superuser."""
    database.superuser().execute(_PREPARE.encode())
    return as_migrator(database)


def as_migrator(database: Database) -> RunnerDatabase:
    return RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)


def command(opened: RunnerDatabase, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    settings = {"PEERLEDGER_DATABASE_URL": opened.conninfo, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "peerledger", "report", *arguments],
        cwd=directory,
        env=clean | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def asked(org: str, first: str, last: str, html: str, *more: str) -> list[str]:
    return ["--org", org, "--from", first, "--to", last, "--html", html, *more]


def test_the_page_holds_the_figures_of_the_database(opened: RunnerDatabase) -> None:
    figures = read(opened, "north", *_ALL_TIME)
    page = Page(report.render(figures, "en"))

    assert figures["badges"]["evaluations"] > 1_234
    for number in (
        figures["badges"]["evaluations"],
        next(log for log in figures["retention"]["logs"] if log["log_name"] == "badge_evaluation_logs")[
            "entries"
        ],
    ):
        assert f"{number:,}" in page.cells
    by_source = {row["source"]: row["evaluations"] for row in figures["badges"]["by_source"]}
    by_state = figures["certifications"]["nights_by_state"]
    assert (
        f"Days before the first run, or before the organisation existed: {by_state['not_expected']}."
        in page.words
    )
    words = load_words("en")
    for source, evaluations in by_source.items():
        assert page.cells[page.cells.index(words.label(source)) + 1] == f"{evaluations:,}"


@pytest.mark.parametrize("language", _LANGUAGES)
@pytest.mark.parametrize(
    "period",
    [
        (date(2026, 1, 1), date(2026, 12, 31)),
        (_TODAY, _TODAY),
        (date(2001, 1, 1), date(2001, 1, 31)),
        (date(2101, 1, 1), date(2101, 12, 31)),
        (date(2017, 1, 1), date(2026, 12, 31)),
    ],
    ids=["a year", "a day", "nothing", "the future", "ten years"],
)
def test_pages_are_valid_and_self_contained(
    opened: RunnerDatabase, language: str, period: tuple[date, date]
) -> None:
    text = report.make(opened, "north", *period, language)
    page = Page(text)

    assert page.all("html") == [{"lang": language}]
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    # Nothing from outside, and no script.
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|<img|\son[a-z]+=", text)
    assert set(re.findall(r"url\((.*?)\)", text)) <= {"#stripes"}
    ids = [attributes["id"] for _, attributes in page.seen if "id" in attributes]
    assert len(ids) == len(set(ids))
    for attributes in page.all("a"):
        assert (attributes["href"] or "").removeprefix("#") in ids
    for attributes in page.all("svg"):
        named = (attributes.get("aria-labelledby") or "").split()
        assert set(named) <= set(ids)
        assert named or attributes.get("aria-hidden") or attributes.get("class") == "swatch"
    assert len(page.all("caption")) == len(page.all("table")) > 0
    assert all(attributes["scope"] in ("col", "row") for attributes in page.all("th"))
    assert "nan" not in text.lower().split()


def test_database_values_are_escaped(opened: RunnerDatabase) -> None:
    text = report.make(opened, "north", *_ALL_TIME, "nb")
    assert "<b>new kind" not in text
    assert "&lt;b&gt;new kind&lt;/b&gt;" in text


def test_reports_use_the_language_of_the_organisation(database: Database, opened: RunnerDatabase) -> None:
    assert '<html lang="nb">' in report.make(opened, "north", *_ALL_TIME)
    database.superuser().execute(
        "insert into public.organisation_settings (organisation_id, locale) "
        "values (tests.id('organisation', 'north'), 'en')"
    )
    assert '<html lang="en">' in report.make(opened, "north", *_ALL_TIME)
    assert '<html lang="nb">' in report.make(opened, "north", *_ALL_TIME, "nb")


def test_the_command(opened: RunnerDatabase, tmp_path: Path) -> None:
    done = command(opened, tmp_path, *asked("north", "2026-01-01", "2026-12-31", "r.html", "--lang", "en"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Report written to r.html.\n"
    assert '<html lang="en">' in (tmp_path / "r.html").read_text(encoding="utf-8")

    for arguments, code, words in (
        (asked("west", "2026-01-01", "2026-12-31", "x.html"), 2, "north, south"),
        (asked("north", "2026-01-02", "2026-01-01", "x.html"), 2, "must not be after"),
        (asked("north", "2006-01-02", "2026-01-01", "x.html"), 2, "ten years"),
        (asked("north", "2026-02-30", "2026-03-01", "x.html"), 2, "2026-02-30"),
        (asked("north", "2026-01-01", "2026-12-31", "missing/x.html"), 1, "missing/x.html cannot be written"),
        (asked("north", "2026-01-01", "2026-12-31", "x.html", "--lang", "sv"), 2, "sv"),
    ):
        failed = command(opened, tmp_path, *arguments)
        assert failed.returncode == code, failed.stderr
        assert words in failed.stderr
        assert failed.stderr.count("\n") == 1
    assert not (tmp_path / "x.html").exists()


def test_a_failed_report_leaves_the_file_unchanged(opened: RunnerDatabase, tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    path.write_text("an earlier one")
    with pytest.raises(RunnerError):
        report.write(opened, "west", *_ALL_TIME, path)
    assert path.read_text() == "an earlier one"


@pytest.mark.one_target
def test_nothing_personal_of_the_sample_data_is_in_it(database: Database) -> None:
    opened = as_migrator(database)
    load.load(opened, _EXAMPLES)
    organisations = rows("organisations")
    texts = [
        report.make(opened, organisation["slug"], *_ALL_TIME, language)
        for organisation in organisations
        for language in _LANGUAGES
    ]
    # The name of the organisation is meant to be there.
    without = [text.replace(one["name"], "") for text, one in zip(texts, doubled(organisations), strict=True)]
    mentors = rows("peer_mentors")
    personal = {mentor[column] for mentor in mentors for column in ("display_name", "email", "phone")} - {""}
    personal |= {note["body"] for note in rows("activity_notes")}
    assert len(personal) > 1_000
    assert [words for words in personal if any(words in text for text in without)] == []
    assert any(assignment["user_id"] in texts[0] for assignment in rows("coordinator_assignments"))


def test_all_languages_have_the_same_keys_and_numbers() -> None:
    english = dict(leaves(load_words("en").all))
    assert {path.stem for path in LANGUAGES.glob("*.toml")} == set(_LANGUAGES)
    for language in _LANGUAGES:
        words = dict(leaves(load_words(language).all))
        assert words.keys() == english.keys()
        for key, text in english.items():
            assert names_in(text) == names_in(words[key]), (language, key)


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text))


def test_a_count_takes_the_form_that_goes_with_it() -> None:
    def said(language: str, count: int) -> str:
        words = load_words(language)
        return words("sections.certifications.meaning", transitioned=count, reminders_sent=0, failures=0)

    assert said("nb", 1).startswith("1 likeperson mistet")
    assert said("nb", 0).startswith("0 likepersoner mistet")
    assert said("nn", 2).startswith("2 likepersonar mista")
    assert said("en", 1_234).startswith("1,234 mentors lost")


def test_moments_are_written_as_each_language_has_them() -> None:
    at = "2026-11-27T11:40:09+01:00"
    written = [load_words(language).moment(at).replace("\u00a0", " ") for language in _LANGUAGES]
    assert written == ["27. november 2026 kl. 11.40", "27. november 2026 kl. 11.40", "27 November 2026 11:40"]


# Kursbevis and nettsiden, not sertifisering and nettstedet; slag is a stroke, to a heart patient; and nothing
# of the one written Norwegian in the other.
_FOREIGN = {
    "nb": r"sertifisering|nettsted|\bslag\b|likepers\w*\bglemt|arbeider|\bikkje\b|\bfrå\b|\bkøyr|\bmånad",
    "nn": r"sertifisering|nettstad|\bslag\b|\bikke\b|\bfra\b|\bkjør|\bmåned|\bhver\w*|\bble\b|\bnettsiden\b",
}


@pytest.mark.parametrize("language", _FOREIGN)
def test_norwegian_keeps_to_its_words(language: str) -> None:
    texts = dict(leaves(load_words(language).all))
    texts |= {path.name: path.read_text(encoding="utf-8") for path in (TEMPLATES / language).glob("*.j2")}
    wrong = {key: text for key, text in texts.items() if re.search(_FOREIGN[language], text, re.IGNORECASE)}
    assert wrong == {}


def test_every_code_has_words(database: Database) -> None:
    """Those that a CHECK lists, the kinds of alerts, and the nightly jobs."""
    labels = load_words("en").all["labels"]
    with database.superuser() as connection:
        checks = connection.execute(
            """
            select pg_get_constraintdef(oid) from pg_constraint
            where contype = 'c' and connamespace = 'public'::regnamespace
                and conname in ('source_is_known', 'event_kind_is_known', 'outcome_is_known',
                'cause_is_known', 'severity_is_known', 'reason_is_known', 'kind_is_known')
            """
        ).fetchall()
        statuses = connection.execute(
            "select unnest(enum_range(null::public.mentor_status))::text"
        ).fetchall()
        alerts = connection.execute("select kind from private.alert_kinds()").fetchall()
    assert len(checks) >= 7
    codes = {code for (check,) in checks for code in re.findall(r"'(\w+)'", check)} | {
        row[0] for row in statuses
    }
    codes |= {row[0] for row in alerts}
    assert (codes | {step.replace(" ", "_") for step in STEPS}) - set(labels) == set()


def read(opened: RunnerDatabase, slug: str, first: date, last: date) -> dict[str, Any]:
    with opened.connect() as connection:
        figures = report.read(connection, slug, first, last)
    return json.loads(json.dumps(figures))  # type: ignore[no-any-return]


def rows(table: str) -> list[dict[str, str]]:
    with (_EXAMPLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def doubled(organisations: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    for organisation in organisations:
        yield from (organisation for _ in _LANGUAGES)


def leaves(words: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
