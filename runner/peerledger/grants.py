"""`grants`: what of a year counts for the state's grant, as a table, a CSV file, a list to hash and a page.

The figures are those of private.grant_year_report; here they are only given words and form.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table as RichTable

from peerledger import prove
from peerledger.checkpoints import grouped
from peerledger.database import Database
from peerledger.errors import USAGE, RunnerError, from_database
from peerledger.files import writing
from peerledger.plan import require_migrated, snapshot
from peerledger.queries import ask, call
from peerledger.report import as_page, organisation_id
from peerledger.report.sections import Cell, Section, Table
from peerledger.report.words import Words, load_words

_CATEGORIES = ("outreach_conversation", "conversation_group", "activity_group", "peer_course")
_FIGURES = ("activities", "counted", "points", "participants", "minutes")
_REASONS = (
    "too_short",
    "too_few_participants",
    "not_in_person",
    "not_led_by_peer",
    "not_in_norway",
    "no_category",
    "voided",
    "disputed",
    "duplicate",
)
_COLUMNS = (
    *("activity_id", "mentor_id", "coordinator_id", "activity_type", "occurred_on", "duration_minutes"),
    *("participant_count", "delivery_mode", "event_id", "place", "role", "category", "is_counted", "points"),
    *("reasons", "duplicate_of", "rule_id"),
)


@dataclass(frozen=True)
class Year:
    figures: dict[str, Any]
    activities: list[dict[str, Any]]
    lines: list[str]
    """The list as it is hashed; that of a closed year as it was kept."""
    differences: list[dict[str, Any]]

    @property
    def closed(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.figures["closed"]
        return found

    @property
    def is_broken(self) -> bool:
        return self.closed is not None and self.closed["list_sha256"] != self.closed["sha256"]


def close(database: Database, slug: str, year: int) -> None:
    with database.connect() as connection:
        require_migrated(connection)
        try:
            call(connection, "public.close_grant_year", organisation_id(connection, slug), year)
        except psycopg.errors.InvalidParameterValue as error:
            raise RunnerError(from_database(error).message, USAGE) from error
        except psycopg.Error as error:
            raise from_database(error) from error


def read(database: Database, slug: str, year: int) -> Year:
    # The figures and the list are of the same moment.
    with snapshot(database) as connection:
        asked = {"organisation": organisation_id(connection, slug), "year": year}
        figures = call(connection, "private.grant_year_report", *asked.values())
        listed = ask(connection, "grant_year_list", **asked).fetchall()
        differences: list[dict[str, Any]] = []
        while figures["closed"]:
            page = ask(connection, "grant_differences", **asked, after=len(differences)).fetchall()
            differences += [row[0] for row in page]
            if not page:
                break
    activities = sorted((row[1] for row in listed), key=lambda one: (one["occurred_on"], one["activity_id"]))
    return Year(figures, activities, [row[0] for row in listed], differences)


def show(year: Year) -> None:
    table = RichTable(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("category", no_wrap=True)
    for name in _FIGURES:
        table.add_column(name, justify="right", no_wrap=True)
    for row in year.figures["summary"]:
        table.add_row(row["category"] or "(no category)", *(f"{row[name]:,}" for name in _FIGURES))
    console = Console(highlight=False)
    console.print(table)
    for row in year.figures["summary"]:
        reasons = ", ".join(f"{name} {row[name]:,}" for name in _REASONS if row[name])
        if reasons:
            console.print(f"Not counted, {row['category'] or 'no category'}: {reasons}")
    if year.closed is None:
        console.print(f"{year.figures['year']} is not closed.")
        return
    console.print(
        f"{year.figures['year']} was closed {year.closed['closed_at'][:10]}; sha256 {year.closed['sha256']}"
    )
    count = len(year.differences)
    console.print("Nothing has changed since." if not count else f"Changed since: {count:,} activities.")


def write_csv(year: Year, path: Path) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for one in year.activities:
            writer.writerow([_cell(one[column]) for column in _COLUMNS])


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else value


def write_list(year: Year, path: Path) -> None:
    """Byte for byte what a closed year's sha256 is of."""
    with writing(path):
        path.write_bytes("".join(f"{line}\n" for line in year.lines).encode())


def write_page(database: Database, year: Year, path: Path, language: str | None = None) -> None:
    words = load_words(language or year.figures["organisation"]["locale"])
    proof = _write_proof(database, year, path)
    with writing(path):
        path.write_text(render(year, words, proof), encoding="utf-8")


def _write_proof(database: Database, year: Year, page: Path) -> Path | None:
    """Beside the page, when the entry of the closing is sealed."""
    if year.closed is None or year.closed["entry_id"] is None:
        return None
    try:
        proof = prove.prove(database, "administrative_changes", year.closed["entry_id"])
    except RunnerError as error:
        if getattr(error.__cause__, "sqlstate", None) == "PL007":
            return None
        raise
    path = page.with_suffix(".proof.json")
    prove.write(proof, path, tlog_proof=False)
    return path


def render(year: Year, words: Words, proof: Path | None) -> str:
    return as_page(
        "grants.html.j2",
        words=words,
        figures=year.figures,
        sections=_sections(year, words, proof),
        is_broken=year.is_broken,
    )


def _sections(year: Year, words: Words, proof: Path | None) -> list[Section]:
    makers = [_record(year, words, proof), _summary(year, words), _reasons(year, words), _months(year, words)]
    if year.closed is not None:
        makers.append(_differences(year, words))
    return [*makers, _rules(year, words), _unknown(year, words)]


def _section(
    words: Words, name: str, sentences: Iterable[str], *tables: Table, title: str | None = None
) -> Section:
    return Section(name, title or words(f"grants.{name}"), list(sentences), [], tables)


def _say(words: Words, names: Iterable[str]) -> list[str]:
    return [words(f"grants.{name}") for name in names]


def _record(year: Year, words: Words, proof: Path | None) -> Section:
    closed = year.closed
    if closed is None:
        return _section(words, "record", [words("grants.open")])
    sentences = [
        words(
            "grants.closed",
            closed_at=words.moment(closed["closed_at"]),
            **{name: closed[name] for name in ("activities", "counted", "points")},
        ),
        words("grants.sha256", sha256=grouped(closed["sha256"])),
        words("grants.broken" if year.is_broken else "grants.intact"),
    ]
    if closed["entry_id"] is not None:
        sentences.append(words("grants.entry", entry=closed["entry_id"]))
        sentences.append(
            words("grants.proof", file=proof.name)
            if proof
            else words("grants.no_proof", entry=closed["entry_id"])
        )
    return _section(words, "record", sentences)


def _summary(year: Year, words: Words) -> Section:
    rows = year.figures["summary"]
    totals = {name: sum(row[name] for row in rows) for name in _FIGURES}
    cells: list[list[Cell]] = [[_category(words, row), *(row[name] for name in _FIGURES)] for row in rows]
    cells.append([words("grants.all"), *totals.values()])
    sentence = words("grants.summary_words", **totals)
    columns = _say(words, ("category", *_FIGURES))
    return _section(words, "summary", [sentence], Table(words("grants.summary"), columns, cells))


def _category(words: Words, row: dict[str, Any]) -> str:
    return words.label(row["category"]) if row["category"] else words("grants.none")


def _reasons(year: Year, words: Words) -> Section:
    rows = year.figures["summary"]
    shown = [reason for reason in _REASONS if any(row[reason] for row in rows)]
    cells: list[list[Cell]] = [[_category(words, row), *(row[reason] for reason in shown)] for row in rows]
    columns = [words("grants.category"), *(words.label(reason) for reason in shown)]
    tables = [Table(words("grants.reasons"), columns, cells)] if shown else []
    return _section(words, "reasons", [words("grants.reasons_words")], *tables)


def _months(year: Year, words: Words) -> Section:
    cells: list[list[Cell]] = [
        [
            words.month(date.fromisoformat(month["starts_on"])),
            *(int(month["points"][category]) for category in _CATEGORIES),
        ]
        for month in year.figures["months"]
    ]
    columns = [words("grants.month"), *(words.label(category) for category in _CATEGORIES)]
    return _section(words, "months", [], Table(words("grants.months"), columns, cells))


def _differences(year: Year, words: Words) -> Section:
    found = year.differences
    if not found:
        return _section(words, "differences", [words("grants.differences_none")])
    answers = {True: words("grants.yes"), False: words("grants.no")}
    cells: list[list[Cell]] = [
        [
            one["activity_id"],
            words.label(one["change_kind"]),
            answers[one["counted_then"]],
            _with_reasons(words, answers[one["counted_now"]], one["reasons_now"]),
            ", ".join(one["changed_fields"]) or "–",
        ]
        for one in found
    ]
    assert year.closed is not None
    then = year.closed["points"]
    now = then + sum(one["points_now"] - one["points_then"] for one in found)
    columns = _say(words, ("activity", "change", "then", "now", "fields"))
    return _section(
        words,
        "differences",
        [words("grants.differences_words", differences=len(found), then=then, now=now)],
        Table(words("grants.differences"), columns, cells),
    )


def _with_reasons(words: Words, answer: str, reasons: list[str]) -> str:
    return f"{answer} ({', '.join(words.label(reason) for reason in reasons)})" if reasons else answer


def _rules(year: Year, words: Words) -> Section:
    cells: list[list[Cell]] = [
        [
            words.label(rule["category"]),
            words("grants.own" if rule["is_own"] else "grants.published"),
            words(
                "grants.valid_words",
                first=words.day(date.fromisoformat(rule["valid_from"])),
                last=words.day(date.fromisoformat(rule["valid_to"])) if rule["valid_to"] else "",
            ).strip(),
            words("grants.least_words", minutes=rule["min_minutes"], participants=rule["min_participants"]),
            ", ".join(rule["delivery_modes"] or [words("grants.any")]),
            ", ".join(rule["activity_types"]),
        ]
        for rule in year.figures["rules"]
    ]
    columns = _say(words, ("category", "whose", "valid", "least", "modes", "types"))
    leader = "leader_counts" if year.figures["organisation"]["leader_counts"] else "leader_counts_not"
    sentences = [words("grants.rules_words"), words(f"grants.{leader}")]
    return _section(words, "rules", sentences, Table(words("grants.rules"), columns, cells))


def _unknown(year: Year, words: Words) -> Section:
    found = year.figures["unknown"]
    kinds = (("role", "groups"), ("place", "course_days"), ("event", "counted"))
    sentences = [
        words(f"grants.unknown_{name}", unknown=found[name], counted=found[total]) for name, total in kinds
    ]
    return _section(words, "unknown", sentences)
