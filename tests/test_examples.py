"""The example data: remade byte for byte, sound in itself, and about nobody real."""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
COMMITTED = EXAMPLES / "likeperson"
UNTIL = date(2026, 11, 15)
SMALL_UNTIL = date(2025, 3, 31)

Row = dict[str, str]
Tables = dict[str, list[Row]]

# (table, its column, the table that column points into)
REFERENCES = (
    ("organisation_settings", "organisation_id", "organisations"),
    ("chapters", "organisation_id", "organisations"),
    ("badge_definitions", "organisation_id", "organisations"),
    ("coordinator_assignments", "chapter_id", "chapters"),
    ("peer_mentors", "chapter_id", "chapters"),
    ("certifications", "mentor_id", "peer_mentors"),
    ("activities", "mentor_id", "peer_mentors"),
    ("activity_notes", "activity_id", "activities"),
)

RESERVED_DOMAIN = re.compile(r"(?:.+\.)?example\.(?:com|org|net)|.+\.example")
MAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
NATIONAL_ID = re.compile(r"\b\d{11}\b")
PHONE_LIKE = re.compile(r"(?:\+47 )?\d(?:[ ]?\d){7,}")


def generate(out: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / "generate.py"), "--out", str(out), *options],
        cwd=out.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def generated(out: Path, *options: str, **environment: str) -> Path:
    result = generate(out, *options, **environment)
    assert result.returncode == 0, result.stderr
    return out


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob("*.csv")}


def read_tables(directory: Path) -> Tables:
    tables: Tables = {}
    for path in directory.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file, strict=True))
    return tables


def by_id(rows: list[Row]) -> dict[str, Row]:
    return {row["id"]: row for row in rows}


def local_day(timestamp: str) -> date:
    return datetime.fromisoformat(timestamp).date()


@pytest.fixture(scope="module")
def committed() -> Tables:
    return read_tables(COMMITTED)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    options = ("--seed", "7", "--until", str(SMALL_UNTIL))
    sizes = ("--mentors", "30", "--activities", "500")
    out = tmp_path_factory.mktemp("examples") / "small"
    return read_tables(generated(out, *options, *sizes))


@pytest.fixture(scope="module", params=["committed", "small"])
def tables(request: pytest.FixtureRequest) -> Tables:
    found: Tables = request.getfixturevalue(request.param)
    return found


# --- the files -------------------------------------------------------------------


def test_committed_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    # Another hash seed: the order of a set must not reach a file.
    remade = contents(generated(tmp_path / "remade", PYTHONHASHSEED="12345"))
    there = contents(COMMITTED)
    assert remade.keys() == there.keys()
    assert [name for name in there if there[name] != remade[name]] == []


def test_another_seed_makes_other_people(tmp_path: Path) -> None:
    sizes = ("--mentors", "30", "--activities", "50")
    one = contents(generated(tmp_path / "one", "--seed", "1", *sizes))
    two = contents(generated(tmp_path / "two", "--seed", "2", *sizes))
    changed = {name for name in one if one[name] != two[name]}
    assert {"peer_mentors.csv", "activities.csv", "certifications.csv"} <= changed
    assert "organisations.csv" not in changed


def test_lines_end_as_rfc_4180_says() -> None:
    for name, content in contents(COMMITTED).items():
        assert content.endswith(b"\r\n"), name
        assert not content.startswith(b"\xef\xbb\xbf"), name
        assert content.split(b"\r\n", 1)[0].count(b'"') == 0, name


def test_activities_stay_small_enough_for_the_repository() -> None:
    assert (COMMITTED / "activities.csv").stat().st_size < 5_250_000


def test_sizes_are_what_the_options_ask_for(committed: Tables, small: Tables) -> None:
    assert len(committed["peer_mentors"]) == 400
    assert 26_000 <= len(committed["activities"]) <= 31_000
    assert len(small["peer_mentors"]) == 30
    assert 450 <= len(small["activities"]) <= 550


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--until", "15.11.2026"),
        ("--mentors", "2"),
        ("--activities", "-1"),
        ("--criteria", "most"),
    ],
)
def test_a_bad_option_is_named(tmp_path: Path, option: str, value: str) -> None:
    result = generate(tmp_path / "none", f"{option}={value}")
    assert result.returncode == 2
    assert f"argument {option}:" in result.stderr
    assert not (tmp_path / "none").exists()


# --- references ------------------------------------------------------------------


@pytest.mark.parametrize(("table", "column", "parent"), REFERENCES)
def test_references_stay_within_the_organisation(
    tables: Tables, table: str, column: str, parent: str
) -> None:
    owner = {row["id"]: row.get("organisation_id") for row in tables[parent]}
    for row in tables[table]:
        if row[column] == "" and column == "chapter_id":
            continue
        assert row[column] in owner, row
        assert owner[row[column]] in (None, row["organisation_id"]), row


def test_every_row_belongs_to_an_organisation(tables: Tables) -> None:
    organisations = by_id(tables["organisations"])
    for name, rows in tables.items():
        if name != "organisations":
            assert {row["organisation_id"] for row in rows} <= organisations.keys()


def test_primary_keys_are_unique(tables: Tables) -> None:
    keys: dict[str, tuple[str, ...]] = {
        "organisation_settings": ("organisation_id",),
        "activity_notes": ("activity_id",),
    }
    for name, rows in tables.items():
        found = Counter(tuple(row[column] for column in keys.get(name, ("id",))) for row in rows)
        assert [key for key, count in found.items() if count > 1] == [], name


def test_users_and_slugs_are_unique_in_their_organisation(tables: Tables) -> None:
    for table, column in (
        ("peer_mentors", "user_id"),
        ("peer_mentors", "email"),
        ("badge_definitions", "slug"),
        ("chapters", "name"),
    ):
        found = Counter((row["organisation_id"], row[column]) for row in tables[table] if row[column])
        assert [key for key, count in found.items() if count > 1] == [], table


# --- nobody real -----------------------------------------------------------------


def test_email_addresses_are_undeliverable(tables: Tables) -> None:
    texts = [row["email"] for row in tables["peer_mentors"]]
    texts += [row["body"] for row in tables["activity_notes"]]
    domains = [domain for text in texts for domain in MAIL.findall(text)]
    assert len(domains) >= len(tables["peer_mentors"])
    assert [one for one in domains if not RESERVED_DOMAIN.fullmatch(one)] == []


def test_phone_numbers_are_not_assigned(tables: Tables) -> None:
    for row in tables["peer_mentors"]:
        assert re.fullmatch(r"\+47 000 \d\d \d\d\d", row["phone"]), row["phone"]
    for row in tables["activity_notes"]:
        for number in PHONE_LIKE.findall(NATIONAL_ID.sub("", row["body"])):
            assert re.match(r"(\+47 )?000", number), row["body"]


def passes_a_check(national_id: str) -> bool:
    digits = [int(digit) for digit in national_id]
    weights = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    first, second = (sum(d * w for d, w in zip(digits, row, strict=True)) % 11 for row in weights)
    # From 2032 on the first check may leave 0 to 3.
    return first in (0, 1, 2, 3) or second == 0


def test_national_ids_are_invalid(committed: Tables) -> None:
    # Month 81: right check digits, but only ever used for synthetic persons.
    assert passes_a_check("01819000049")
    found = [number for row in committed["activity_notes"] for number in NATIONAL_ID.findall(row["body"])]
    assert 10 <= len(found) <= 60
    assert [number for number in found if passes_a_check(number)] == []


def test_every_note_would_be_noticed_in_a_log(committed: Tables) -> None:
    for row in committed["activity_notes"]:
        body = row["body"]
        assert MAIL.search(body) or PHONE_LIKE.search(body), body
    assert any("\n" in row["body"] for row in committed["activity_notes"])
    assert any('"' in row["body"] for row in committed["activity_notes"])


def test_ids_carry_no_national_id_or_phone_by_chance(committed: Tables) -> None:
    # A leak detector that looks for them must stay silent on ids.
    for name, rows in committed.items():
        for row in rows:
            ids = [row[column] for column in row if column.endswith("id")]
            assert not any(NATIONAL_ID.search(one) for one in ids), (name, row)


# --- activities ------------------------------------------------------------------


def test_proxies_are_in_scope_and_never_themselves(tables: Tables) -> None:
    scopes = {
        (row["organisation_id"], row["user_id"], row["chapter_id"])
        for row in tables["coordinator_assignments"]
    }
    mentors = by_id(tables["peer_mentors"])
    for row in tables["activities"]:
        mentor, coordinator = mentors[row["mentor_id"]], row["coordinator_id"]
        if coordinator:
            own = (row["organisation_id"], coordinator, mentor["chapter_id"])
            whole = (row["organisation_id"], coordinator, "")
            assert own in scopes or whole in scopes, row
            assert coordinator != mentor["user_id"], row
        else:
            assert mentor["user_id"], row


def test_a_quarter_is_registered_by_proxy(committed: Tables) -> None:
    activities = committed["activities"]
    proxies = sum(row["coordinator_id"] != "" for row in activities)
    assert 0.2 <= proxies / len(activities) <= 0.3


def test_some_coordinators_are_mentors_too(committed: Tables) -> None:
    coordinators = {row["user_id"] for row in committed["coordinator_assignments"]}
    both = [row for row in committed["peer_mentors"] if row["user_id"] in coordinators]
    assert len(both) == 6
    organisations = {(row["user_id"], row["organisation_id"]) for row in committed["coordinator_assignments"]}
    assert len(organisations) == len(coordinators) + 1


def test_activities_happen_while_the_mentor_is_there(request: pytest.FixtureRequest, tables: Tables) -> None:
    until = SMALL_UNTIL if "small" in request.node.name else UNTIL
    mentors = by_id(tables["peer_mentors"])
    for row in tables["activities"]:
        mentor = mentors[row["mentor_id"]]
        occurred_on = date.fromisoformat(row["occurred_on"])
        assert local_day(mentor["created_at"]) <= occurred_on <= until, row
        assert occurred_on > until - timedelta(days=731), row
        assert occurred_on <= local_day(row["created_at"]) <= until, row
        assert_in_order(mentor["created_at"], row["created_at"])
        if row["voided_at"]:
            assert_in_order(row["created_at"], row["voided_at"])
            assert local_day(row["voided_at"]) <= until, row


def assert_in_order(earlier: str, later: str) -> None:
    assert datetime.fromisoformat(earlier) < datetime.fromisoformat(later)


def most_minutes_a_day(tables: Tables) -> int:
    minutes: Counter[tuple[str, str]] = Counter()
    for row in tables["activities"]:
        minutes[row["mentor_id"], row["occurred_on"]] += int(row["duration_minutes"])
    return max(minutes.values())


def test_no_mentor_works_around_the_clock(tables: Tables) -> None:
    assert most_minutes_a_day(tables) <= 24 * 60


def test_no_mentor_works_around_the_clock_when_crowded(tmp_path: Path) -> None:
    crowded = ("--mentors", "3", "--activities", "60000")
    out = generated(tmp_path / "crowded", *crowded)
    assert most_minutes_a_day(read_tables(out)) <= 24 * 60


def test_durations_are_in_steps_of_five_minutes(tables: Tables) -> None:
    for row in tables["activities"]:
        duration = int(row["duration_minutes"])
        assert duration > 0, row
        assert duration % 5 == 0, row
        assert int(row["participant_count"]) > 0, row


def test_delivery_modes_are_the_three(tables: Tables) -> None:
    modes = {row["delivery_mode"] for row in tables["activities"]}
    assert modes == {"in_person", "phone", "online"}


def test_some_entries_are_late_and_some_are_voided(committed: Tables) -> None:
    activities = committed["activities"]
    late = [
        row
        for row in activities
        if local_day(row["created_at"]) - date.fromisoformat(row["occurred_on"]) >= timedelta(days=14)
    ]
    assert len(late) > 500
    assert 50 <= sum(row["voided_at"] != "" for row in activities) <= 400


def test_timestamps_have_the_offset_of_oslo(tables: Tables) -> None:
    try:
        oslo = ZoneInfo("Europe/Oslo")
    except ZoneInfoNotFoundError:
        pytest.skip("no time zone data on this machine")
    stamps = {
        row[column]
        for rows in tables.values()
        for row in rows
        for column in ("created_at", "voided_at")
        if row.get(column)
    }
    for stamp in stamps:
        moment = datetime.fromisoformat(stamp)
        assert moment.utcoffset() == moment.astimezone(oslo).utcoffset(), stamp


# --- certificates and badges -----------------------------------------------------


def governing_expiries(tables: Tables) -> dict[str, date]:
    governing: dict[str, date] = {}
    for row in tables["certifications"]:
        expires_on = date.fromisoformat(row["expires_on"])
        assert date.fromisoformat(row["issued_on"]) < expires_on, row
        earlier = governing.get(row["mentor_id"], date.min)
        governing[row["mentor_id"]] = max(earlier, expires_on)
    return governing


def test_certificates_show_what_the_nightly_run_must_find(committed: Tables) -> None:
    governing = governing_expiries(committed)
    for organisation in committed["organisations"]:
        ahead = [
            (governing[mentor["id"]] - UNTIL).days
            for mentor in committed["peer_mentors"]
            if mentor["organisation_id"] == organisation["id"]
            and mentor["status"] == "active"
            and mentor["id"] in governing
        ]
        assert {30, 14, 7, 0} <= set(ahead)
        assert any(14 < days < 30 for days in ahead)
        assert any(days < 0 for days in ahead)
        assert min(ahead) >= -31
        assert sum(days > 31 for days in ahead) > len(ahead) / 2


def test_some_mentors_have_several_certificates_and_some_none(committed: Tables) -> None:
    held = Counter(row["mentor_id"] for row in committed["certifications"])
    counts = Counter(held[row["id"]] for row in committed["peer_mentors"])
    assert counts[0] > 0
    assert counts[1] > 0
    assert sum(counts[number] for number in counts if number > 1) > 0


def test_statuses_and_gaps_are_there(committed: Tables) -> None:
    mentors = committed["peer_mentors"]
    statuses = Counter(row["status"] for row in mentors)
    assert statuses["active"] > len(mentors) * 0.75
    assert min(statuses["paused"], statuses["withdrawn"]) >= 5
    for column in ("user_id", "dynamics_contact_id"):
        assert 3 <= sum(row[column] == "" for row in mentors) <= 40
    names = " ".join(row["display_name"].lower() for row in mentors)
    assert set("æøåáł") <= set(names)


def leaves(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    children = node.get("all") or node.get("any")
    if children is None:
        yield node
        return
    assert len(node) == 1, node
    for child in children:
        yield from leaves(child)


def test_badges_ask_for_badges_of_their_own_organisation(committed: Tables) -> None:
    definitions = committed["badge_definitions"]
    slugs = {(row["organisation_id"], row["slug"]) for row in definitions}
    asked = 0
    for row in definitions:
        for leaf in leaves(json.loads(row["criteria"])):
            assert leaf["at_least"] >= 1
            assert ("badge" in leaf) == (leaf["metric"] == "badge_earned")
            if "badge" in leaf:
                asked += 1
                assert (row["organisation_id"], leaf["badge"]) in slugs
                assert leaf["badge"] != row["slug"]
    assert asked > 0


def test_badges_name_types_and_modes_that_occur(committed: Tables) -> None:
    activities = committed["activities"]
    types = {row["activity_type"] for row in activities}
    modes = {row["delivery_mode"] for row in activities}
    for row in committed["badge_definitions"]:
        for leaf in leaves(json.loads(row["criteria"])):
            assert set(leaf.get("activity_types", [])) <= types
            assert set(leaf.get("delivery_modes", [])) <= modes


def test_basic_criteria_only_count(committed: Tables, tmp_path: Path) -> None:
    out = generated(tmp_path / "basic", "--criteria", "basic")
    basic = read_tables(out)["badge_definitions"]
    full = committed["badge_definitions"]
    assert len(full) * 0.4 <= len(basic) <= len(full) * 0.6
    assert all(row in full for row in basic)
    for row in basic:
        for leaf in leaves(json.loads(row["criteria"])):
            assert leaf.keys() == {"metric", "at_least"}
            assert leaf["metric"] in ("activity_count", "minutes_total")
    changed = {name for name, content in contents(out).items() if content != contents(COMMITTED)[name]}
    assert changed == {"badge_definitions.csv"}
