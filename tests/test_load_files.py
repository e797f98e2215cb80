"""Files as people's spreadsheets save them: what is read, what is refused, and that the numbers add up."""

import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from conftest import Database

from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.load import LOADABLE, Counts, load, write_template

pytestmark = pytest.mark.one_target
_MENTORS_NOW = "select md5(array_agg(row_data order by id)::text) from public.peer_mentors as row_data"

ORG = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"
OLGA = "00000000-0000-4000-8000-00000000000a"
PAUL = "00000000-0000-4000-8000-00000000000b"
CERTIFICATE = "00000000-0000-4000-8000-0000000000c1"
MENTORS = "id,organisation_id,display_name,phone"
CERTIFICATES = "id,organisation_id,mentor_id,issued_on,expires_on"
ACTIVITIES = "id,organisation_id,mentor_id,activity_type,occurred_on,duration_minutes"
NOTES = "activity_id,organisation_id,body"


@pytest.fixture
def opened(database: Database) -> RunnerDatabase:
    owner = database.superuser()
    for key, slug in ((ORG, "nord"), (OTHER, "syd")):
        owner.execute(
            "insert into public.organisations (id, slug, name) values (%s, %s, %s)", (key, slug, slug)
        )
    for key, name in ((OLGA, "Olga"), (PAUL, "Paul")):
        owner.execute(
            "insert into public.peer_mentors (id, organisation_id, display_name) values (%s, %s, %s)",
            (key, ORG, name),
        )
    return RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)


def adds_up(counts: Counts) -> bool:
    return counts.read == counts.inserted + counts.present + counts.different + counts.updated + counts.bad


def mentor(name: str = "Kari", phone: str = "+47 000 12 792", separator: str = ",") -> str:
    return separator.join((str(uuid.uuid4()), ORG, name, phone))


def certificate(issued_on: str, expires_on: str) -> str:
    return f"{uuid.uuid4()},{ORG},{OLGA},{issued_on},{expires_on}"


def semicolons(*lines: str) -> str:
    return "".join(line.replace(",", ";") + "\r\n" for line in lines)


# What stands in the file (name, text or bytes) and how many lines come in; of bad ones, for each line that does
# not: its number, the column, and words of the reason.
GOOD: dict[str, tuple[str, str | bytes, int]] = {
    "as it should be": ("peer_mentors", f"{MENTORS}\n{mentor()}\n", 1),
    "no line break at the end": ("peer_mentors", f"{MENTORS}\n{mentor()}", 1),
    "CRLF": ("peer_mentors", f"{MENTORS}\r\n{mentor()}\r\n", 1),
    "semicolons": ("peer_mentors", semicolons(MENTORS, mentor()), 1),
    "semicolons and commas in a name": (
        "peer_mentors",
        semicolons(MENTORS) + mentor('"Moe, Kari"', separator=";"),
        1,
    ),
    "a sep line": ("peer_mentors", "sep=;\r\n" + semicolons(MENTORS, mentor()), 1),
    "a sep line with a comma": ("peer_mentors", f"sep=,\n{MENTORS}\n{mentor()}\n", 1),
    "a byte order mark": ("peer_mentors", "\ufeff" + semicolons(MENTORS, mentor()), 1),
    "a byte order mark and a sep line": (
        "peer_mentors",
        "\ufeffsep=;\r\n" + semicolons(MENTORS, mentor()),
        1,
    ),
    "empty columns at the end": ("peer_mentors", semicolons(MENTORS + ",,,", mentor() + ",,,"), 1),
    "fewer empty columns in the lines": ("peer_mentors", semicolons(MENTORS + ",,,", mentor()), 1),
    "empty lines at the end": ("peer_mentors", semicolons(MENTORS, mentor(), ",,,", ",,,", ""), 1),
    "an empty line in between": ("peer_mentors", f"{MENTORS}\n{mentor()}\n\n,,,\n{mentor()}\n", 2),
    "blanks around the names of the columns": (
        "peer_mentors",
        f"{MENTORS.replace(',', ', ')}\n{mentor()}\n",
        1,
    ),
    "quoted names of columns": (
        "peer_mentors",
        f'"id","organisation_id","display_name","phone"\n{mentor()}\n',
        1,
    ),
    "Norwegian letters": ("peer_mentors", f"{MENTORS}\n{mentor('Åse Bjørnsæter')}\n", 1),
    "the header alone": ("peer_mentors", f"{MENTORS}\n", 0),
    "ISO dates": ("certifications", f"{CERTIFICATES}\n{certificate('2025-11-01', '2028-11-05')}\n", 1),
    "Norwegian dates": ("certifications", f"{CERTIFICATES}\n{certificate('01.11.2025', '05.11.2028')}\n", 1),
    "blanks around a date": (
        "certifications",
        f"{CERTIFICATES}\n{certificate(' 2025-11-01', '2028-11-05 ')}\n",
        1,
    ),
    "Norwegian truth": (
        "organisation_settings",
        f"organisation_id;badges_enabled;website_sync_enabled\n{ORG};SANN;USANN\n",
        1,
    ),
    "a field with quotes and line breaks": (
        "activity_notes",
        f'{NOTES}\n%s,{ORG},"first\nsecond ""quoted"", third"\n',
        1,
    ),
}
BAD: dict[str, tuple[str, str | bytes, int, list[tuple[int, str, str]]]] = {
    "a short year": (
        "certifications",
        f"{CERTIFICATES}\n{certificate('01.11.26', '05.11.28')}\n",
        0,
        [(2, "expires_on", "not a valid date: write it as"), (2, "issued_on", "not a valid date: write it as")],
    ),
    "slashes": (
        "certifications", f"{CERTIFICATES}\n{certificate('2025-01-01', '01/11/2026')}\n", 0, [(2, "expires_on", "2026-11-01")]
    ),
    "day and month without zeros": (
        "certifications", f"{CERTIFICATES}\n{certificate('2025-01-01', '1.2.2026')}\n", 0, [(2, "expires_on", "date")]
    ),
    "dashes backwards": (
        "certifications", f"{CERTIFICATES}\n{certificate('12-11-25', '2028-01-01')}\n", 0, [(2, "issued_on", "date")]
    ),
    "a word for a date": (
        "certifications", f"{CERTIFICATES}\n{certificate('today', 'infinity')}\n", 0,
        [(2, "expires_on", "date"), (2, "issued_on", "date")],
    ),
    "a month name": (
        "certifications", f"{CERTIFICATES}\n{certificate('1 Nov 2025', '2028-01-01')}\n", 0, [(2, "issued_on", "date")]
    ),
    "a day that is not": (
        "certifications", f"{CERTIFICATES}\n{certificate('30.02.2025', '2028-01-01')}\n", 0, [(2, "issued_on", "date")]
    ),
    "a number for a date": (
        "certifications", f"{CERTIFICATES}\n{certificate('45962', '2028-01-01')}\n", 0, [(2, "issued_on", "date")]
    ),
    "expiry before issue": (
        "certifications", f"{CERTIFICATES}\n{certificate('2028-01-01', '2025-01-01')}\n", 0,
        [(2, "expires_on, issued_on", "expires on is after issued on")],
    ),
    "a time without an offset": (
        "peer_mentors",
        f"id,organisation_id,display_name,created_at\n{uuid.uuid4()},{ORG},Kari,2024-01-01T10:00\n",
        0,
        [(2, "created_at", "+01:00")],
    ),
    "Windows-1252": (
        "peer_mentors",
        f"{MENTORS}\n{mentor('Åse Bjørn')}\n".encode("cp1252"),
        0,
        [(2, "display_name", "Windows-1252: Å, ø")],
    ),
    "a shortened phone number": (
        "peer_mentors", f"{MENTORS}\n{mentor(phone='4,71E+09')}\n".replace("4,71", '"4.71').replace("09\n", '09"\n'), 0,
        [(2, "phone", "spreadsheet has shortened")],
    ),
    "too few fields": ("peer_mentors", f"{MENTORS}\n{uuid.uuid4()},{ORG}\n", 0, [(2, "", "2 fields")]),
    "a value beyond the last column": ("peer_mentors", f"{MENTORS},,\n{mentor()},,x\n", 0, [(2, "", "fields")]),
    "a quote that is never closed": (
        "peer_mentors",
        "\n".join([MENTORS, mentor(), mentor('"Kari'), mentor(), mentor()]),
        3,
        [(3, "", "never closed")],
    ),
    "two quotes that are never closed": (
        "peer_mentors",
        "\n".join([MENTORS, mentor('"Kari'), mentor(), mentor('"Ola'), mentor()]),
        2,
        [(2, "", "never closed"), (4, "", "never closed")],
    ),
    "a quote in the middle of a name": (
        "peer_mentors", "\n".join([MENTORS, mentor('"Kari" Moe'), mentor()]), 1, [(2, "", "after its closing quote")]
    ),
    "a line break in a name": (
        "peer_mentors", "\n".join([MENTORS, mentor('"Kari\nMoe"'), mentor()]), 1, [(2, "display_name", "line break")]
    ),
    "the same id twice": (
        "peer_mentors", f"{MENTORS}\n{OTHER},{ORG},A,\n{OTHER},{ORG},B,\n", 1, [(3, "id", "same key")]
    ),
    "another organisation's id": (
        "peer_mentors", f"{MENTORS}\n{OLGA},{OTHER},Olga,\n", 0, [(2, "id", "another organisation")]
    ),
    "no such parent": (
        "certifications", f"{CERTIFICATES}\n{uuid.uuid4()},{ORG},{OTHER},2025-01-01,2028-01-01\n", 0,
        [(2, "mentor_id", "refers to a row of peer_mentors")],
    ),
    "a fraction": (
        "activities", f"{ACTIVITIES}\n{uuid.uuid4()},{ORG},{OLGA},call,2025-01-01,30.5\n", 0,
        [(2, "duration_minutes", "not a valid integer")],
    ),
    "a number with a blank": (
        "activities", f"{ACTIVITIES}\n{uuid.uuid4()},{ORG},{OLGA},call,2025-01-01,1 000\n", 0,
        [(2, "duration_minutes", "not a valid integer")],
    ),
    "an odd truth": (
        "organisation_settings", f"organisation_id,badges_enabled\n{ORG},kanskje\n", 0, [(2, "badges_enabled", "true or false")]
    ),
    "a status that is none": (
        "peer_mentors", f"id,organisation_id,display_name,status\n{uuid.uuid4()},{ORG},Kari,sluttet\n", 0,
        [(2, "status", "active, paused, expired_cert, withdrawn")],
    ),
}  # fmt: skip
WHOLE: dict[str, tuple[str, str | bytes, str]] = {
    "tabs": ("peer_mentors", f"{MENTORS}\n{mentor()}\n".replace(",", "\t"), "separated by tabs"),
    "UTF-16": ("peer_mentors", f"{MENTORS}\n{mentor()}\n".encode("utf-16"), "UTF-16"),
    "a column without a name": ("peer_mentors", "id,,organisation_id,display_name\n", "column 2 has no name"),
    "a misspelt column": (
        "peer_mentors",
        "id;organisation_id;display_nam\n",
        "'display_nam': not a column.*mean display_name",
    ),
    "empty": ("peer_mentors", "", "header"),
    "nothing but separators": ("peer_mentors", ";;;\n;;;\n", "header"),
}


def write(directory: Path, table: str, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode("utf-8")
    (directory / f"{table}.csv").write_bytes(data)


@pytest.mark.parametrize("case", GOOD)
def test_what_a_spreadsheet_saves_is_read(
    database: Database, opened: RunnerDatabase, tmp_path: Path, case: str
) -> None:
    table, content, inserted = GOOD[case]
    if table == "activity_notes":
        activity = str(uuid.uuid4())
        content = str(content).replace("%s", activity)
        write(tmp_path, "activities", f"{ACTIVITIES}\n{activity},{ORG},{OLGA},call,2025-01-01,30\n")
    write(tmp_path, table, content)
    result = load(opened, tmp_path)
    assert not result.bad
    assert result.counts[table].inserted == result.counts[table].read == inserted
    if case == "Norwegian dates":
        dates = database.superuser().execute(
            "select issued_on::text, expires_on::text from public.certifications"
        )
        assert dates.fetchall() == [("2025-11-01", "2028-11-05")]
    if case == "a field with quotes and line breaks":
        body = database.superuser().execute("select body from public.activity_notes").fetchall()
        assert body == [('first\nsecond "quoted", third',)]
    again = load(opened, tmp_path)
    assert again.counts[table].present == inserted
    assert adds_up(again.counts[table])


@pytest.mark.parametrize("case", BAD)
def test_what_could_be_read_in_two_ways_is_refused(opened: RunnerDatabase, tmp_path: Path, case: str) -> None:
    table, content, inserted, expected = BAD[case]
    write(tmp_path, table, content)
    refused = load(opened, tmp_path)
    found = [(line.line, line.column, line.reason) for line in refused.bad]
    assert [item[:2] for item in found] == [item[:2] for item in expected], found
    for (_, _, reason), (_, _, words) in zip(found, expected, strict=True):
        assert words in reason
    assert adds_up(refused.counts[table])
    taken = load(opened, tmp_path, skip_bad=True)
    assert taken.counts[table].inserted == inserted
    assert adds_up(taken.counts[table])
    assert load(opened, tmp_path, skip_bad=True).counts[table].present == inserted


@pytest.mark.parametrize("case", WHOLE)
def test_a_file_that_cannot_be_read_at_all_says_why(
    opened: RunnerDatabase, tmp_path: Path, case: str
) -> None:
    table, content, words = WHOLE[case]
    write(tmp_path, table, content)
    with pytest.raises(RunnerError, match=words):
        load(opened, tmp_path)


def test_an_open_quote_among_three_thousand_lines_costs_one_line(
    opened: RunnerDatabase, tmp_path: Path
) -> None:
    lines = [mentor(f"Mentor {number}") for number in range(3000)]
    lines[99] = mentor('"Mentor 99')
    # Further down somebody uses quotes as they are meant.
    lines[1700] = mentor('"Mentor, 1700"')
    write(tmp_path, "peer_mentors", "\n".join([MENTORS, *lines]))
    result = load(opened, tmp_path, skip_bad=True)
    counts = result.counts["peer_mentors"]
    assert [(line.line, line.reason) for line in result.bad] == [(101, "a quote is opened and never closed")]
    assert (counts.read, counts.inserted, counts.bad) == (3000, 2999, 1)


def test_what_differs_is_named_and_taken_only_when_asked(
    database: Database, opened: RunnerDatabase, tmp_path: Path
) -> None:
    owner = database.superuser()
    kari = uuid.uuid4()
    header = "id,organisation_id,display_name,phone,email"
    write(
        tmp_path, "peer_mentors", f"{header}\n{kari},{ORG},Kari,1,k@example.no\n{uuid.uuid4()},{ORG},Ola,2,\n"
    )
    load(opened, tmp_path)
    write(tmp_path, "peer_mentors", f"{header}\n{kari},{ORG},Kari,3,\n{uuid.uuid4()},{ORG},New,4,\n")
    result = load(opened, tmp_path)
    counts = result.counts["peer_mentors"]
    assert (counts.read, counts.inserted, counts.present, counts.different) == (2, 1, 0, 1)
    assert [(line.file, line.line, line.column) for line in result.different] == [
        ("peer_mentors.csv", 2, "email"),
        ("peer_mentors.csv", 2, "phone"),
    ]
    phone = "select phone, email from public.peer_mentors where id = %s"
    assert owner.execute(phone, (kari,)).fetchall() == [("1", "k@example.no")]
    result = load(opened, tmp_path, update=True)
    counts = result.counts["peer_mentors"]
    assert (counts.read, counts.present, counts.updated) == (2, 1, 1)
    assert owner.execute(phone, (kari,)).fetchall() == [("3", None)]
    counts = load(opened, tmp_path, update=True).counts["peer_mentors"]
    assert (counts.read, counts.present, counts.updated) == (2, 2, 0)


def test_an_update_goes_by_the_rules_and_logs_of_a_coordinator(
    database: Database, opened: RunnerDatabase, tmp_path: Path
) -> None:
    owner = database.superuser()
    activity, other = uuid.uuid4(), uuid.uuid4()
    mistyped = f"{CERTIFICATES}\n{CERTIFICATE},{ORG},{OLGA},2020-01-01,2062-01-01\n"
    write(tmp_path, "certifications", f"{mistyped}{other},{ORG},{PAUL},2020-01-01,2022-01-01\n")
    write(tmp_path, "activities", f"{ACTIVITIES}\n{activity},{ORG},{PAUL},call,2025-01-01,30\n")
    load(opened, tmp_path)
    owner.execute("update public.peer_mentors set status = 'paused' where id = %s", (PAUL,))
    # Corrected: Olga's certificate has run out, and the call took an hour. Paul's certificate has run out, too.
    (tmp_path / "certifications.csv").write_text(mistyped.replace("2062", "2022"))
    write(tmp_path, "activities", f"{ACTIVITIES}\n{activity},{ORG},{PAUL},call,2025-01-01,60\n")
    write(
        tmp_path,
        "peer_mentors",
        f"id,organisation_id,display_name,status\n{OLGA},{ORG},Olga,active\n{PAUL},{ORG},Paul,active\n",
    )
    result = load(opened, tmp_path, update=True, skip_bad=True)
    assert all(adds_up(counts) for counts in result.counts.values())
    assert [(line.file, line.line, line.column) for line in result.bad] == [("peer_mentors.csv", 3, "status")]
    assert "expired on 2022-01-01" in result.bad[0].reason
    statuses = "select id::text, status::text from public.peer_mentors order by id"
    assert owner.execute(statuses).fetchall() == [(OLGA, "expired_cert"), (PAUL, "paused")]
    (tmp_path / "peer_mentors.csv").write_text(
        f"id,organisation_id,display_name,status\n{PAUL},{ORG},Paul,withdrawn\n"
    )
    assert load(opened, tmp_path, update=True).counts["peer_mentors"].updated == 1
    history = "select new_status::text, cause from public.mentor_status_changes order by changed_at"
    assert owner.execute(history).fetchall()[-2:] == [("expired_cert", "direct"), ("withdrawn", "transition")]
    changes = "select change_kind from public.activity_changes"
    assert owner.execute(changes).fetchall() == [("changed",)]
    old = (
        "select details ->> 'old_expires_on' from public.administrative_changes where change_kind = 'changed'"
    )
    assert owner.execute(old).fetchall() == [("2062-01-01",)]


def test_a_dry_run_says_all_and_writes_nothing(
    database: Database, opened: RunnerDatabase, tmp_path: Path
) -> None:
    write(tmp_path, "peer_mentors", f"{MENTORS}\n{mentor()}\n{OLGA},{ORG},Olga Moe,\n{mentor('')}\n")
    before = database.superuser().execute(_MENTORS_NOW).fetchall()
    result = load(opened, tmp_path, dry_run=True, skip_bad=True)
    counts = result.counts["peer_mentors"]
    assert (counts.read, counts.inserted, counts.different, counts.bad) == (3, 1, 1, 1)
    after = database.superuser().execute(_MENTORS_NOW).fetchall()
    assert after == before


def test_the_template_loads_as_it_stands(database: Database, tmp_path: Path) -> None:
    empty = RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)
    write_template(tmp_path / "new")
    result = load(empty, tmp_path / "new")
    assert {name: counts.inserted for name, counts in result.counts.items()} == dict.fromkeys(LOADABLE, 1)
    with pytest.raises(RunnerError, match=r"activities\.csv"):
        write_template(tmp_path / "new")


def test_two_loads_at_once_insert_each_row_once(
    database: Database, opened: RunnerDatabase, tmp_path: Path
) -> None:
    write(
        tmp_path, "peer_mentors", "\n".join([MENTORS, *(mentor(f"Mentor {number}") for number in range(500))])
    )
    counts: list[Counts] = []
    threads = [
        threading.Thread(target=lambda: counts.append(load(opened, tmp_path).counts["peer_mentors"]))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((item.inserted, item.present) for item in counts) == [(0, 500), (500, 0)]


def test_a_load_whose_connection_is_lost_leaves_nothing(
    database: Database, opened: RunnerDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = database.superuser()
    write(tmp_path, "peer_mentors", f"{MENTORS}\n{mentor()}\n")
    write(tmp_path, "activities", f"{ACTIVITIES}\n{uuid.uuid4()},{ORG},{OLGA},call,2025-01-01,30\n")
    count = "select (select count(*) from public.peer_mentors), (select count(*) from public.activities)"
    before = owner.execute(count).fetchall()
    # When the last file has been copied the server ends the session.
    owner.execute(
        """
        create function public.end_session() returns trigger language plpgsql as
        'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'
        """
    )
    owner.execute(
        "create trigger _999_end_session after insert on public.activities execute function public.end_session()"
    )
    with pytest.raises((RunnerError, psycopg.Error)):
        load(opened, tmp_path)
    assert owner.execute(count).fetchall() == before


@pytest.mark.parametrize("rows", [20_000])
def test_memory_does_not_grow_with_the_file(
    opened: RunnerDatabase, tmp_path: Path, rows: int, peak_of: Callable[[Callable[[], object]], int]
) -> None:
    """Twenty times the lines in less than twice the memory."""
    peaks = []
    for count in (rows // 20, rows):
        directory = tmp_path / str(count)
        directory.mkdir()
        write(
            directory,
            "peer_mentors",
            "\n".join([MENTORS, *(mentor(f"Mentor {number}") for number in range(count))]),
        )
        peaks.append(peak_of(lambda directory=directory: load(opened, directory)))  # type: ignore[misc]
    assert peaks[1] < 2 * peaks[0], peaks


@pytest.fixture
def peak_of() -> Callable[[Callable[[], object]], int]:
    """The most memory that Python held at once while something ran, in bytes."""
    import tracemalloc

    def measure(work: Callable[[], object]) -> int:
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measure
