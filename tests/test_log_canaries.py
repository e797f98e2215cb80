"""The sample data's names, addresses, numbers and notes, driven through every way to
fail that we know: no log, and no line of ours in the server's log or on the screen, holds one of them."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import Database
from http_receiver import Answer, receiver
from psycopg import errors, sql
from typer.testing import CliRunner
from website import make_website

from peerledger.cli import app
from standin import Fault, StandIn

pytestmark = pytest.mark.two_targets

_EXAMPLES = Path(__file__).parent.parent / "examples" / "likeperson"
_NATIONAL_ID = "01019012345"
_PATH = "/var/lib/peerledger/kari.txt"


def canaries() -> list[str]:
    """A few of each kind; names and notes are the long ones, which stand in nothing else."""
    with (_EXAMPLES / "peer_mentors.csv").open(encoding="utf-8") as file:
        mentors = list(csv.DictReader(file))[:5]
    with (_EXAMPLES / "activity_notes.csv").open(encoding="utf-8") as file:
        notes = [row["body"] for row in csv.DictReader(file)][:5]
    values = [row[column] for row in mentors for column in ("display_name", "email", "phone") if row[column]]
    return [*values, *notes, _NATIONAL_ID, _PATH]


class Cage:
    """Two organisations, and a superuser's connection that hears all that goes to the server's log."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.superuser()
        self.heard: list[str] = []
        self.connection.execute("create table public.canary (said text)")
        self.connection.execute("grant select on public.canary to public")
        # All at once: each is looked for by itself.
        self.connection.execute("insert into public.canary values (%s)", (" | ".join(canaries()),))
        self.connection.add_notice_handler(self._hear)
        self.connection.execute("set client_min_messages = log")

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        said = (notice.message_primary, notice.message_detail, notice.message_hint)
        self.heard.append(" ".join(filter(None, said)))

    def do(self, statement: str) -> None:
        self.connection.execute(statement.encode())

    def fails_on(self, table: str, events: str, code: str) -> None:
        """Whatever is written there fails with a message that quotes what it must not."""
        self.connection.execute(_RAISE.replace("%s", f"'{code}'").encode())
        self.connection.execute(
            sql.SQL(
                "create trigger _000_canary before {} on {} for each row execute function private.canary()"
            ).format(sql.SQL(events), sql.Identifier(*table.split(".")))
        )

    def assert_silent(self, *also: str) -> None:
        said = [*self.heard, *log_rows(self.connection), *other_rows(self.connection), *also]
        assert said, "there is something to look through"
        for canary in canaries():
            assert [line for line in said if canary in line] == []


@pytest.fixture
def first_rows(request: pytest.FixtureRequest) -> str:
    return "select tests.make_two_organisations()" if "cage" in request.fixturenames else ""


@pytest.fixture
def cage(database: Database) -> Cage:
    return Cage(database)


_RAISE = """
create or replace function private.canary() returns trigger language plpgsql as $$
begin
    raise exception using errcode = %s, message = (select said from public.canary),
        detail = (select said from public.canary), hint = (select said from public.canary);
end $$
"""


@pytest.mark.parametrize("code", ["23505", "22P02", "P0001", "58P01", "XX000", "57014", "40001"])
@pytest.mark.parametrize(
    "table", ["private.mentor_measures", "public.earned_badges", "public.badge_evaluation_logs"]
)
def test_not_from_an_evaluation(cage: Cage, table: str, code: str) -> None:
    cage.do(
        "insert into public.badge_definitions (organisation_id, slug, name, criteria) "
        "values (tests.id('organisation', 'north'), 'one', 'One', "
        '\'{"metric": "activity_count", "at_least": 1}\')'
    )
    cage.fails_on(table, "insert or update", code)
    for statement in (
        "select tests.make_activity('canary', 'olga')",
        "select public.evaluate_badges(tests.id('mentor', 'olga'))",
    ):
        try:
            cage.do(statement)
        except psycopg.Error as error:
            assert error.sqlstate == code  # noqa: PT017
    with pytest.raises(errors.InsufficientPrivilege):
        cage.connection.execute(
            "update public.badge_evaluation_logs set error_message = %s", (canaries()[0],)
        )
    cage.assert_silent()


@pytest.mark.parametrize("code", ["23505", "P0001", "58P01", "XX000", "40001"])
@pytest.mark.parametrize(
    ("table", "events", "seen"),
    [
        ("public.peer_mentors", "update", "transition_failed"),
        ("public.cert_expiry_reminders", "insert", "reminder_failed"),
        ("public.notifications", "insert", "reminder_failed"),
        ("public.certification_expiry_audit_log", "insert", None),
    ],
)
def test_not_from_an_expiry_run(cage: Cage, table: str, events: str, seen: str | None, code: str) -> None:
    cage.do(
        "insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)"
        " select organisation_id, id, '2025-01-01', case when id = tests.id('mentor', 'olga')"
        " then date '2026-01-01' else '2026-01-20' end from public.peer_mentors"
    )
    cage.fails_on(table, events, code)
    cage.do("select public.run_certification_expiry('2026-01-15')")
    found = {
        row[0] for row in cage.connection.execute("select event_type from certification_expiry_audit_log")
    }
    assert seen in found if seen else found == set()
    assert seen or any("could not be written" in line for line in cage.heard), "the warning"
    cage.assert_silent()


@pytest.mark.parametrize("code", ["23505", "P0001", "58P01", "XX000"])
def test_not_from_an_attempt_that_cannot_be_logged(cage: Cage, code: str) -> None:
    cage.do("select tests.make_listed_mentor('listed', 'north')")
    cage.fails_on("public.hlf_sync_audit_log", "insert", code)
    cage.do("select tests.sync_once('listed', 503)")
    assert any("could not be logged" in line for line in cage.heard), "the warning"
    cage.assert_silent()


@pytest.mark.parametrize("code", ["23505", "P0001", "58P01", "XX000"])
def test_not_from_a_proxy_activity_that_cannot_be_logged(cage: Cage, code: str) -> None:
    """The coordinator sees why; nothing stays behind."""
    cage.fails_on("public.proxy_audit_log", "insert", code)
    with pytest.raises(psycopg.Error):
        cage.do("select tests.make_activity('canary', 'olga', 'nina')")
    assert (
        cage.connection.execute(
            "select from public.activities where id = tests.id('activity', 'canary')"
        ).fetchone()
        is None
    )
    cage.assert_silent()


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.mark.one_target
@pytest.mark.parametrize("code", [200, 302, 400, 401, 403, 404, 412, 422, 429, 500, 503, 0])
def test_not_from_dynamics(
    cage: Cage, standin: StandIn, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    """It answers with all of them: in the body, in headers, as garbage; and Entra does, too."""
    website = make_website(cage.database, standin, slug="west")
    website.add_mentors(2)
    echo = " | ".join(canaries()).replace("\n", " ")
    body = json.dumps({"error": {"code": "0x0", "message": echo}}).encode()
    ascii_echo = echo.encode("ascii", "replace").decode()
    if code:
        standin.faults.always = Fault(
            status=code, body=body, retry_after=ascii_echo, location=f"https://localhost/{_NATIONAL_ID}"
        )
    else:
        standin.faults.always = Fault(raw=body)
    summary = website.sync_once()
    assert summary.to_be_retried + summary.given_up > 0
    standin.faults.clear()
    standin.entra.revoke_tokens()
    standin.token_faults.always = Fault(
        status=code or 400, body=json.dumps({"error": "invalid_client", "error_description": echo}).encode()
    )
    website.make_due()
    website.sync_once()
    screen = capfd.readouterr()
    cage.assert_silent(screen.out, screen.err)


@pytest.mark.one_target
@pytest.mark.parametrize("code", [302, 400, 401, 404, 410, 429, 500])
def test_not_from_the_receiver_of_notifications(
    cage: Cage, code: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    cage.do(
        "insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)"
        " values (tests.id('organisation', 'north'), '00:00', '00:00')"
    )
    cage.do(
        "insert into public.notifications (organisation_id, recipient_mentor_id, kind, payload, dedupe_key)"
        " select organisation_id, id, 'status_changed', '{}', 'canary' from public.peer_mentors"
        " where id = tests.id('mentor', 'olga')"
    )
    with receiver() as web:
        echo = " | ".join(canaries())
        web.answer("/hook", Answer(code, {"error": echo}, {"Retry-After": _NATIONAL_ID, "X-Error": _PATH}))
        server = cage.database.target.server
        for name, value in {
            "DATABASE_URL": cage.database.dsn(server.migrator_dsn),
            "NOTIFY_TRANSPORT": "webhook",
            "WEBHOOK_URL": f"{web.url}/hook",
            "WEBHOOK_SECRET": "x" * 32,
        }.items():
            monkeypatch.setenv(f"PEERLEDGER_{name}", value)
        result = CliRunner().invoke(app, ["notify", "--once"])
        assert web.received("/hook")
    screen = capfd.readouterr()
    cage.assert_silent(result.output, screen.out, screen.err)


@pytest.mark.parametrize("place", ["key", "value", "deep"])
def test_not_in_the_json_of_an_entry_that_somebody_adds(cage: Cage, place: str) -> None:
    client = cage.database.connect_as("service_role")
    for canary in canaries():
        content = {"key": {canary: True}, "value": {"a": canary}, "deep": {"a": [{"b": [canary]}]}}[place]
        with pytest.raises(errors.InvalidParameterValue, match="criteria_outcomes"):
            client.execute(
                "insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source,"
                " criteria_outcomes) values (gen_random_uuid(), gen_random_uuid(), 1, 'manual', %s)",
                (json.dumps(content),),
            )
    cage.assert_silent("nothing was added")


@pytest.mark.parametrize("log", ["badge_evaluation_logs", "security_events"])
def test_a_canary_that_gets_as_far_as_a_log_is_masked_where_it_can_be_told(
    database: Database, log: str
) -> None:
    """Names cannot be told from other words: those the first line of defence keeps out, seen above."""
    client = database.connect_as("service_role")
    column, rest = {
        "badge_evaluation_logs": ("error_message", "peer_mentor_id, org_id, duration_ms, source"),
        "security_events": ("table_name", "event_kind"),
    }[log]
    values = {
        "badge_evaluation_logs": "gen_random_uuid(), gen_random_uuid(), 1, 'manual'",
        "security_events": "'reported'",
    }[log]
    with (_EXAMPLES / "peer_mentors.csv").open(encoding="utf-8") as file:
        mentors = list(csv.DictReader(file))[:50]
    told = [row[column] for row in mentors for column in ("email", "phone") if row[column]] + [
        _NATIONAL_ID,
        _PATH,
    ]
    assert len(told) > 50
    for canary in told:
        stored = client.execute(
            sql.SQL("insert into public.{} ({}, {}) values ({}, %s) returning {}").format(
                sql.Identifier(log),
                sql.SQL(rest),
                sql.Identifier(column),
                sql.SQL(values),
                sql.Identifier(column),
            ),
            (f'Key (x)=({canary}) exists, "{canary}", {canary}.',),
        ).fetchone()
        assert stored is not None
        assert canary not in stored[0]


def log_rows(connection: psycopg.Connection) -> list[str]:
    found: list[str] = []
    for (log,) in connection.execute("select log_name from private.logs").fetchall():
        found += [
            str(row[0])
            for row in connection.execute(
                sql.SQL("select to_jsonb(entry)::text from public.{} as entry").format(sql.Identifier(log))
            )
        ]
    return found


def other_rows(connection: psycopg.Connection) -> list[str]:
    """What else says what went wrong, to an operator or a mentor."""
    found: list[str] = []
    for table in ("ops_alerts", "hlf_sync_state", "notifications", "certification_expiry_runs", "job_runs"):
        found += [
            str(row[0])
            for row in connection.execute(
                sql.SQL("select to_jsonb(entry)::text from public.{} as entry").format(sql.Identifier(table))
            )
        ]
    return found
