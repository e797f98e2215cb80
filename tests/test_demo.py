"""`demo`: a year told once, found again the next time, on a screen of 80 columns, and kept off real data."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import new_database, server_directory
from psycopg import sql
from psycopg.conninfo import make_conninfo

from peerledger import embedded, migrate, report, status, verify
from peerledger.database import Database
from peerledger.demo import clock, samples, story
from peerledger.errors import RunnerError
from peerledger.settings import Settings
from peerledger.sqlfiles import ROOT

# In one process: the story is told once.
pytestmark = pytest.mark.xdist_group("demo")
_SAMPLES = ROOT / "examples" / "likeperson"
# A year is of twelve such months; two have all that is told in them.
_MONTHS = 2
_SHORT = f"from peerledger import cli, demo; demo.MONTHS = {_MONTHS}; cli.main()"
_FUNCTIONS = """
select jsonb_agg(to_jsonb(function) order by function.oid)
from pg_proc as function where function.pronamespace = 'pg_catalog'::regnamespace and function.prorettype = 'timestamptz'::regtype
"""


def demo(directory: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
    # What is set of the real Dynamics has no say.
    # Nor has the database that somebody works on, as the README tells them to name it.
    real = {
        "PEERLEDGER_DYNAMICS_URL": "https://127.0.0.1:1",
        "PEERLEDGER_DYNAMICS_LISTED_COLUMN": "other",
        "PEERLEDGER_DATABASE_URL": "postgresql://127.0.0.1:1/real",
    }
    return subprocess.run(
        [sys.executable, "-c", _SHORT, "demo", *arguments],
        cwd=directory,
        env=clean | real | settings | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


@dataclass
class Told:
    """An installation in which the story was told, and what was said."""

    directory: Path
    output: str
    today: date
    settings: Settings
    database: Database
    calendar: story.Calendar
    figures: dict[str, Any] = field(default_factory=dict)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.database.connect() as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def value(self, query: str, *values: object) -> Any:
        return self.rows(query, *values)[0][0]

    def entries(self) -> dict[str, int]:
        """Of each log."""
        with self.database.connect() as connection:
            return {
                log: connection.execute(
                    sql.SQL("select count(*) from {}").format(sql.Identifier("public", log))
                ).fetchall()[0][0]
                for (log,) in connection.execute("select log_name from private.logs").fetchall()
            }


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with server_directory() as directory:
        today = datetime.now(story.OSLO).date()
        first = demo(directory)
        assert first.returncode == 0, first.stderr
        if datetime.now(story.OSLO).date() != today:
            pytest.skip("Midnight passed while the story was told: its last day is another one.")
        data = directory / ".peerledger"
        settings = Settings(
            data_dir=data, seal_key_file=data / "demo-seal.key", seal_dir=data / "seals", database_url=None
        )
        database = Database(embedded.start(data), True, None)
        when = story.calendar(today, _MONTHS)
        made = Told(directory, first.stdout, today, settings, database, when)
        with database.connect() as connection:
            made.figures = report.read(connection, story.REPORT_OF, when.first, when.last)
        yield made


def test_it_fits_the_screen_and_says_what_there_is(told: Told) -> None:
    for words in (
        f"The night of {told.today}",
        "All partitions exist.",
        "The website now lists 2",
        "VALID.",
        "The report an auditor gets about klangbro",
    ):
        assert words in told.output, told.output
    # A signature and a command are to be copied whole.
    whole = ("— ", "python3 ")
    assert max(len(line) for line in told.output.splitlines() if not line.startswith(whole)) <= 80
    assert len(told.output.splitlines()) < 100


def test_it_can_be_run_again_and_keeps_off_real_data(told: Told) -> None:
    before = told.entries()
    again = demo(told.directory)
    assert again.returncode == 0, again.stderr
    if datetime.now(story.OSLO).date() == told.today:
        # It finds everything there, and adds nothing that could never be removed.
        assert again.stdout.count("Already completed.") == 5
        assert told.entries() == before

    with told.database.connect(autocommit=True) as connection:
        connection.execute("insert into public.organisations (slug, name) values ('real', 'Real')")
        refused = demo(told.directory)
        # For the other tests.
        connection.execute("delete from public.organisations where slug = 'real'")
    assert refused.returncode == 1
    assert "not sample data" in refused.stderr.splitlines()[-1]


def test_the_sample_data_is_all_there(told: Told) -> None:
    last = told.today - timedelta(days=1)
    moved = samples.read(_SAMPLES, told.calendar.first, told.today)
    assert told.value("select count(*) from public.activities") == len(moved.history["activities"]) + sum(
        len(day.activities) for day in moved.days.values()
    )
    # Of 26,989, all but those of the last day, which is today.
    assert 26_900 < told.value("select count(*) from public.activities") < 26_989
    assert told.value("select max(occurred_on) from public.activities") == last
    assert told.value("select count(*) from public.peer_mentors") == 400
    assert told.value("select count(*) from public.certifications") == 783
    # Each of them was registered when it was, and not all at once.
    days = told.value(
        "select count(distinct (created_at at time zone 'Europe/Oslo')::date) from public.activities"
        " where created_at >= %s",
        told.calendar.first,
    )
    assert days >= told.calendar.days - 5


def test_every_log_goes_through_all_the_months(told: Told) -> None:
    """Columns in every plot: nothing of it is of one day."""
    weeks = told.calendar.days // 7
    for log, time_column, least in (
        ("badge_evaluation_logs", "triggered_at", weeks),
        ("certification_expiry_audit_log", '"timestamp"', weeks),
        ("proxy_audit_log", '"timestamp"', weeks),
        ("hlf_sync_audit_log", "created_at", weeks // 2),
    ):
        found = told.value(f"select count(distinct date_trunc('week', {time_column})) from public.{log}")
        assert found >= least, log
    for section, name in (
        ("activities", "counted"),
        ("badges", "evaluations"),
        ("certifications", "reminders_sent"),
    ):
        series = told.figures[section]["series"]
        assert sum(1 for step in series if step[name]) >= len(series) / 3, section
    # No time before the story but in what was loaded, and none after it: no stamp is by another clock.
    for log, column in told.rows("select log_name, time_column from private.logs"):
        first, last = told.rows(f'select min("{column}"), max("{column}") <= now() from public.{log}')[0]
        if first is not None:
            assert first.date() >= told.calendar.first - timedelta(days=1), log
            assert last, log


def test_our_sql_asks_functions_for_the_time(told: Told) -> None:
    """CURRENT_DATE and its like are none, and would be of another day than the story's."""
    keywords = r"\m(current_(date|time|timestamp)|localtime(stamp)?)\M"
    assert (
        told.rows(
            "select oid::regprocedure::text from pg_proc"
            " where pronamespace in ('public'::regnamespace, 'private'::regnamespace) and prosrc ~* %s"
            " union all"
            " select adrelid::regclass::text from pg_attrdef where pg_get_expr(adbin, adrelid) ~* %s",
            keywords,
            keywords,
        )
        == []
    )


def test_every_night_is_accounted_for(told: Told) -> None:
    nights = told.figures["certifications"]["nights"]
    assert [night["night_on"] for night in nights] == [
        (told.calendar.first + timedelta(days=number)).isoformat() for number in range(told.calendar.days)
    ]
    not_in_time = {night["night_on"]: night["state"] for night in nights if night["state"] != "ran"}
    told_of = (told.calendar.no_night, told.calendar.killed_night)
    assert not_in_time == {night.isoformat(): "made_up" for night in told_of}
    assert [night["night_on"] for night in nights if night["crashed"]] == [
        told.calendar.killed_night.isoformat()
    ]
    assert told.rows("select * from public.find_missed_nights()") == []
    kinds = Counter(kind for (kind,) in told.rows("select kind from public.ops_alerts"))
    assert kinds["night_without_run"] == 2


def test_the_outage_was_tried_again_until_it_was_over(told: Told) -> None:
    failed = told.rows(
        "select mentor_id, count(*), min((created_at at time zone 'Europe/Oslo')::date),"
        " max((created_at at time zone 'Europe/Oslo')::date), array_agg(distinct dynamics_response_code)"
        " from public.hlf_sync_audit_log where outcome = 'failure' group by mentor_id"
    )
    assert len(failed) >= 8
    first, last = told.calendar.outage, told.calendar.outage + timedelta(days=2)
    assert max(count for _, count, *_ in failed) >= 5
    assert {codes[0] for *_, codes in failed} == {503}
    assert min(begun for *_, begun, _, _ in failed) == first
    assert max(ended for *_, ended, _ in failed) <= last
    recovered = told.rows(
        "select distinct mentor_id from public.hlf_sync_audit_log where outcome = 'success' and created_at > %s",
        last,
    )
    assert {row[0] for row in failed} <= {row[0] for row in recovered}


def test_the_disputes_were_heard(told: Told) -> None:
    found = told.rows(
        "select dispute.reason_code, dispute.outcome, activity.voided_at is not null"
        " from public.proxy_disputes as dispute"
        " inner join public.activities as activity on activity.id = dispute.activity_id order by opened_at"
    )
    assert found == [
        ("not_me", "upheld", True),
        ("wrong_duration", "rejected", False),
        ("wrong_day", None, False),
    ]
    # The only thing that the report asks somebody to see to.
    assert [(item["section"], item["count"]) for item in told.figures["attention"]] == [("disputes", 1)]


def test_the_forged_entry_was_found_and_put_right(told: Told) -> None:
    forged = told.calendar.forged
    alerts = told.rows(
        "select kind, (raised_at at time zone 'Europe/Oslo')::date, acknowledged_at is not null, message"
        " from public.ops_alerts where kind in ('seal_broken', 'logs_incomplete', 'log_guards_changed')"
        " order by raised_at"
    )
    found_on, restored_on = forged + timedelta(days=1), forged + timedelta(days=2)
    assert [(kind, day) for kind, day, _, _ in alerts] == [
        ("log_guards_changed", found_on),
        ("seal_broken", found_on),
        ("logs_incomplete", found_on),
        ("log_guards_changed", restored_on),
    ]
    assert all(is_seen_to for _, _, is_seen_to, _ in alerts)
    assert "changed: proxy_audit_log entry" in alerts[1][3]
    events = told.figures["retention"]["security_events"]
    assert {event["event_kind"]: event["events"] for event in events}["log_guards_changed"] == 2

    verdict = verify.verify(told.database, told.settings)
    assert verdict.findings == []
    assert verdict.entries > 10_000
    assert told.rows("select * from private.check_completeness()")[0][1:] == (0, None)
    assert told.rows("select * from private.log_guards() where problem <> ''") == []


def test_nothing_needs_a_person_and_access_is_as_described(told: Told) -> None:
    assert status.read(told.database, told.settings).problems == []
    assert told.rows("select * from private.access_differences()") == []
    assert migrate.check(told.database).is_empty


def test_the_clock_is_the_real_one_again(told: Told) -> None:
    # One that nobody touched.
    with psycopg.connect(told.database.conninfo, dbname="template1") as pristine:
        as_made = pristine.execute(_FUNCTIONS.encode()).fetchall()
    assert told.rows(_FUNCTIONS) == as_made
    assert_real_clock(told.database.conninfo)
    databases = {name for (name,) in told.rows("select datname from pg_database")}
    assert clock.SCRATCH not in databases


def assert_real_clock(address: str) -> None:
    """Whatever a session sets."""
    options = "-c peerledger.demo_clock=-1000000s"
    with psycopg.connect(make_conninfo(address, options=options)) as connection:
        assert connection.execute("select now() = current_timestamp").fetchone() == (True,)
        assert connection.execute("select clock_timestamp() - now() < '1 minute'").fetchone() == (True,)


# The clock. -------------------------------------------------------------------------------------------


@pytest.fixture
def unused(own_server: str) -> Iterator[Database]:
    with new_database(own_server, "template0") as address:
        yield Database(address, True, None)


def test_a_clock_goes_wherever_it_is_set(unused: Database) -> None:
    moment = datetime(2024, 2, 28, 12, tzinfo=story.OSLO)
    with (
        clock.scratch_database(unused) as setting,
        setting.at(moment).connect(autocommit=True) as connection,
    ):
        connection.execute(
            "create table stamped (planned timestamptz default now(), by_clock timestamptz,"
            " constraint is_past check (planned < '2024-03-01'))"
        )
        connection.execute(
            "create function stamp() returns trigger language plpgsql as"
            " $$ begin new.by_clock := clock_timestamp(); return new; end $$;"
            "create trigger stamp before insert on stamped for each row"
            " when (statement_timestamp() < '2024-03-01') execute function stamp()"
        )
        connection.execute("insert into stamped default values")
        row = connection.execute("select planned, by_clock from stamped").fetchall()[0]
        assert all(timedelta() <= stamp - moment < timedelta(minutes=1) for stamp in row)
        # A plan that is kept goes by the new time.
        for _ in range(7):
            connection.execute("select transaction_timestamp()", prepare=True)
        setting.at(moment + timedelta(days=1), connection)
        later = connection.execute("select transaction_timestamp()", prepare=True).fetchall()[0][0]
        assert timedelta(days=1) <= later - moment < timedelta(days=1, minutes=1)
    with unused.connect() as connection:
        # It took the other's place, and has the real time.
        assert connection.execute("select count(*) from stamped").fetchone() == (1,)
    assert_real_clock(unused.conninfo)


def half_told(database: Database) -> None:
    with database.connect(autocommit=True) as connection:
        connection.execute("create table half (told int)")
        connection.execute("select 1 / 0")


def test_what_was_left_half_done_is_begun_anew(unused: Database) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), clock.scratch_database(unused) as setting:
        half_told(setting.database)
    # As after a kill: nobody could tidy up.
    with psycopg.connect(unused.conninfo, dbname="postgres", autocommit=True) as server:
        assert server.execute("select from pg_database where datname = %s", (clock.SCRATCH,)).rowcount == 0
        server.execute(sql.SQL("create database {}").format(sql.Identifier(clock.SCRATCH)))
    with psycopg.connect(make_conninfo(unused.conninfo, dbname=clock.SCRATCH)) as killed:
        killed.execute("create table half (told int)")
        killed.commit()
        with clock.scratch_database(unused):
            pass
    with unused.connect() as connection:
        assert connection.execute("select to_regclass('half')").fetchone() == (None,)


def test_a_database_that_is_used_keeps_its_place(unused: Database) -> None:
    with (
        pytest.raises(RunnerError, match=r"was used while .* Run the demo again"),
        clock.scratch_database(unused),
        unused.connect(autocommit=True) as connection,
    ):
        connection.execute("create table public.organisations (id int); insert into organisations values (1)")
    assert not clock.is_unused(unused)
    with unused.connect(autocommit=True) as connection:
        connection.execute("drop table organisations")
    with (
        psycopg.connect(unused.conninfo),
        pytest.raises(RunnerError, match=r"connected to .* Close psql"),
        clock.scratch_database(unused),
    ):
        pass
    assert clock.is_unused(unused)


def test_checkpoints_of_another_database_are_left_alone(data_directory: Path) -> None:
    kept = data_directory / ".peerledger" / "seals" / "checkpoint"
    kept.parent.mkdir(parents=True)
    kept.write_text("of production")
    refused = demo(data_directory)
    assert refused.returncode == 1
    assert "holds the checkpoints of another database" in refused.stderr.splitlines()[-1]
    assert kept.read_text() == "of production"


def test_two_do_not_tell_it_at_once(unused: Database) -> None:
    with (
        clock.scratch_database(unused),
        pytest.raises(RunnerError, match="by another process"),
        clock.scratch_database(unused),
    ):
        pass


@pytest.mark.parametrize(
    ("is_embedded", "name", "content", "role", "words"),
    [
        (False, clock.SCRATCH, "", None, "it is not embedded"),
        (True, "production", "", None, "it is not named"),
        (True, clock.SCRATCH, "create table t (i int)", None, "it is not empty"),
        (True, clock.SCRATCH, "", "nobody_special", "it takes a superuser"),
    ],
)
def test_no_other_clock_can_be_set(
    own_server: str, is_embedded: bool, name: str, content: str, role: str | None, words: str
) -> None:
    with psycopg.connect(own_server, dbname="postgres", autocommit=True) as server:
        server.execute("drop role if exists nobody_special")
        server.execute("create role nobody_special login")
        # A demo that ended with an error may have left one; the next begins with this, too.
        server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        address = make_conninfo(own_server, dbname=name, **({"user": role} if role else {}))
        try:
            with psycopg.connect(make_conninfo(own_server, dbname=name), autocommit=True) as connection:
                connection.execute(content.encode() or b"select")
            with (
                pytest.raises(RunnerError, match=words),
                clock.clock_of(Database(address, is_embedded, None)),
            ):
                pass
            assert_real_clock(address)
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
            server.execute("drop role nobody_special")


def test_a_clock_of_a_server_on_the_network_stays(database: Any) -> None:
    """Of whichever kind: production is one."""
    address = database.dsn(database.target.server.superuser_dsn)
    with (
        pytest.raises(RunnerError, match=r"cannot be set: it is not (embedded|named)"),
        clock.clock_of(Database(address, True, None)),
    ):
        pass
    with (
        pytest.raises(RunnerError, match="embedded database only"),
        clock.scratch_database(Database(address, False, None)),
    ):
        pass


# Another database. ------------------------------------------------------------------------------------


def test_another_database_gets_the_sample_data_as_it_is(own_server: str, tmp_path: Path) -> None:
    with new_database(own_server, "template0") as address:
        done = demo(tmp_path, "--use-database-url", PEERLEDGER_DATABASE_URL=address)
        assert done.returncode == 0, done.stderr
        for words in ("26,989", "12 expired, 34 reminded, 0", "The website now lists 231 mentors"):
            assert words in done.stdout, done.stdout
        with psycopg.connect(address) as connection:
            # Two badges are for years of service: of those there are more from day to day.
            awarded = connection.execute(
                "select count(*) filter (where definition.criteria::text not like '%tenure_days%')"
                " from public.earned_badges as award"
                " inner join public.badge_definitions as definition on definition.id = award.badge_definition_id"
            ).fetchone()
            assert awarded == (1_317,)
            assert connection.execute("select max(occurred_on) from public.activities").fetchone() == (
                samples.LAST_DAY,
            )
    shutil.rmtree(tmp_path / ".peerledger")
