"""The sample data's names, addresses, numbers and notes, driven through every way to
fail that we know: no log, and no line of ours in the server's log, holds one of them."""

import csv
from pathlib import Path

import psycopg
import pytest
from conftest import Database
from psycopg import errors, sql

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


@pytest.fixture
def failing(database: Database) -> Database:
    """Whatever is written while an evaluation runs fails with a message that quotes what it must not."""
    superuser = database.superuser()
    superuser.execute("select tests.make_two_organisations()")
    superuser.execute(
        "insert into public.badge_definitions (organisation_id, slug, name, criteria) "
        "values (tests.id('organisation', 'north'), 'one', 'One', "
        '\'{"metric": "activity_count", "at_least": 1}\')'
    )
    superuser.execute("create table public.canary (said text)")
    superuser.execute("grant select on public.canary to public")
    return database


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
def test_no_canary_sings(failing: Database, table: str, code: str) -> None:
    superuser = failing.superuser()
    superuser.execute(_RAISE.replace("%s", f"'{code}'").encode())
    superuser.execute(
        sql.SQL(
            "create trigger canary before insert or update on {} for each row "
            "execute function private.canary()"
        ).format(sql.Identifier(*table.split(".")))
    )
    notices: list[str] = []
    superuser.add_notice_handler(
        lambda notice: notices.append(" ".join(filter(None, (notice.message_primary, notice.message_detail))))
    )
    # What goes to the server's log comes here as well.
    superuser.execute("set client_min_messages = log")
    # All at once: each is looked for by itself below.
    superuser.execute("insert into public.canary values (%s)", (" | ".join(canaries()),))
    for statement in (
        "select tests.make_activity('canary', 'olga')",
        "select public.evaluate_badges(tests.id('mentor', 'olga'))",
    ):
        try:
            superuser.execute(statement.encode())
        except psycopg.Error as error:
            assert error.sqlstate == code  # noqa: PT017
    with pytest.raises(errors.InsufficientPrivilege):
        superuser.execute("update public.badge_evaluation_logs set error_message = %s", (canaries()[0],))
    said = [*notices, *log_rows(superuser), *alerts(superuser)]
    assert said, "there is something to look through"
    for canary in canaries():
        assert [line for line in said if canary in line] == []


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


def alerts(connection: psycopg.Connection) -> list[str]:
    return [
        str(row[0])
        for row in connection.execute("select to_jsonb(alert)::text from public.ops_alerts as alert")
    ]
