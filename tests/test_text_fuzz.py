"""Names, national ids and telephone numbers through every argument of every RPC and every column that anybody may write,
as every role: none of them is found in a log, an alert, a message, a night, or in what the database says of its own.

What is added later is in this test by itself. What PostgreSQL says itself of a value that does not fit a type or a rule
quotes it, to the client who sent it and in the server's log: docs/security.md has the settings for that.
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from rest import Answer, Rest
from test_rest_api import ROLES, World, first_rows, world
from typer.testing import CliRunner

from peerledger.cli import app

pytestmark = pytest.mark.two_targets
__all__ = ["first_rows", "world"]


def national_id(nine: str) -> str:
    """With both check digits as they must be."""
    digits = [int(digit) for digit in nine]
    for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
        digits.append((11 - sum(d * w for d, w in zip(digits, weights, strict=True)) % 11) % 11)
    assert max(digits) < 10
    return "".join(map(str, digits))


BORN = national_id("010190124")
NAMES = ("Kari Nordmann", "Иван Петров", "محمد علي")
NUMBERS = (
    BORN,
    f"{BORN[:6]} {BORN[6:]}",
    f"{BORN[:4]} {BORN[4:8]} {BORN[8:]}",
    f"{BORN[:2]}.{BORN[2:4]}.{BORN[4:6]} {BORN[6:]}",
    "41234567",
    "412 34 567",
    "41 23 45 67",
    "4123 4567",
    "4123 45 67",
    "+47 41 23 45 67",
    "004741234567",
    "41-23-45-67",
    "41.23.45.67",
    "(+47) 412 34 567",
    "٤١٢٣٤٥٦٧",
    "४१२३४५६७",
)
# All at once, and in the forms that pass where only a code does.
TEXTS = (
    " | ".join((*NAMES, *NUMBERS, "kari@example.no")),
    "Kari-Nordmann_" + BORN,
    "kari_nordmann",
    "Kari-Nordmann-41234567",
    "tlf_4123_4567",
    "status_change:kari_nordmann",
    "4" + "-1-2-3-4-5-6-7",
    *NAMES,
    *NUMBERS,
)
# What must not be found, whatever stands around it. A number that is one in another spelling counts as well.
FORBIDDEN = (
    *(name.lower() for name in NAMES),
    *NUMBERS,
    "kari_nordmann",
    "kari-nordmann",
    "4123_4567",
    "@example.no",
)

_KEPT = (
    "ops_alerts", "notifications", "job_runs", "certification_expiry_runs", "hlf_sync_state", "hlf_sync_pauses",
    "hlf_removals", "legal_holds",
)  # fmt: skip


def hostile(kind: str, text: str, sample: Any = None) -> Iterator[Any]:
    """Values of that type that hold the text, if the type can."""
    if kind == "text":
        yield text
    elif kind == "text[]":
        yield [text]
    elif kind in ("jsonb", "json"):
        yield from (
            {text: True},
            {"note": text},
            [text],
            [{"mentor_id": text}],
            {"criteria": {"metric": text}},
        )
        # The shape that is asked for, with each of its texts in turn replaced, and with one key more.
        if isinstance(sample, list | dict):
            rows = sample if isinstance(sample, list) else [sample]
            for row in [row for row in rows if isinstance(row, dict)]:
                for key in [*row, text]:
                    changed = row | {key: text}
                    yield [changed] if isinstance(sample, list) else changed


@pytest.fixture
def heard(world: World) -> list[str]:
    """What the database says of its own on the clients' connections: notices, warnings and what goes to its log."""
    said: list[str] = []

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        said.append(
            " ".join(filter(None, (notice.message_primary, notice.message_detail, notice.message_hint)))
        )

    for role in ROLES:
        connection = world.rest(role, keep=True).connection
        connection.add_notice_handler(hear)
        connection.execute("set client_min_messages = log")
    world.superuser.execute(
        "update public.peer_mentors set display_name = 'Kari Nordmann' where id = tests.id('mentor', 'sara');"
        "update public.peer_mentors set display_name = 'Иван Петров' where id = tests.id('mentor', 'sol');"
        "update public.peer_mentors set display_name = 'محمد علي' where id = tests.id('mentor', 'olga')"
    )
    return said


def ours(answer: Answer) -> str:
    """What our own functions say; the server itself quotes what it cannot read."""
    if answer.ok or answer.code in ("42501", "PT404", "22023") or (answer.code or "").startswith("PL"):
        return " ".join(filter(None, (answer.message, answer.details, answer.hint)))
    return ""


def test_through_every_argument_of_every_rpc(world: World, heard: list[str]) -> None:
    sent = accepted = 0
    for role in ROLES:
        rest = world.rest(role, keep=True)
        for function in world.functions():
            if rest.role not in function["callers"]:
                continue
            samples = world.arguments(function)
            for name, kind in zip(function["arguments"], function["types"], strict=True):
                for text in TEXTS:
                    for value in hostile(kind, text, samples[name]):
                        answer = rest.rpc(function["name"], world.arguments(function) | {name: value})
                        sent += 1
                        accepted += answer.ok
                        heard.append(ours(answer))
    assert sent > 3_000
    assert accepted > 100, "much of it is taken, in the places that are for it"
    assert_silent(world, heard)


@pytest.mark.parametrize("role", ROLES)
def test_through_every_column_that_may_be_written(world: World, heard: list[str], role: str) -> None:
    rest = world.rest(role, keep=True)
    written: set[str] = set()
    for table in world.tables():
        rows = world.column(f"select to_jsonb(t) from public.{table} as t limit 1") or [{}]
        allowed = {
            privilege: {
                column
                for column in rest.columns(table)
                if world.column(
                    f"select has_column_privilege('{rest.role}', 'public.{table}', '{column}', '{privilege}')"
                )[0]
            }
            for privilege in ("insert", "update")
        }
        insertable = {name: sample for name, sample in rows[0].items() if name in allowed["insert"]}
        for column, kind in rest.columns(table).items():
            may = {privilege: column in columns for privilege, columns in allowed.items()}
            # The names of organisations are printed, and are nobody's.
            if not any(may.values()) or (table == "organisations" and column in ("name", "slug")):
                continue
            for text in TEXTS:
                for value in hostile(kind, text):
                    for answer in attempts(rest, table, column, value, may, insertable):
                        heard.append(ours(answer))
                        if answer.ok:
                            written.add(f"{table}.{column}")
    if role == "service_role":
        assert {
            "peer_mentors.display_name",
            "ops_alerts.message",
            "badge_evaluation_logs.error_message",
        } <= written
    assert_silent(world, heard)


def attempts(
    rest: Rest, table: str, column: str, value: Any, may: dict[str, bool], insertable: dict[str, Any]
) -> Iterator[Answer]:
    if may["insert"]:
        fresh = {name: sample for name, sample in insertable.items() if name not in ("id", "recorded_in")}
        yield rest.insert(table, fresh | {column: value})
        yield rest.upsert(table, insertable | {column: value})
    if may["update"] and column != "id":
        yield rest.update(table, {column: value})


def assert_silent(world: World, heard: list[str]) -> None:
    connection = world.superuser
    said = {"what the database said": heard}
    logs = [name for (name,) in connection.execute("select log_name from private.logs")]
    for table in (*logs, *_KEPT):
        # The name of a worker is an operator's own, and that of a host may look like a number.
        said[table] = world.column(f"select (to_jsonb(t) - 'leased_by')::text from public.{table} as t")
    server = world.database.target.server
    environment = {"PEERLEDGER_DATABASE_URL": world.database.dsn(server.migrator_dsn)}
    for command in (["status"], ["status", "--json"], ["alerts"]):
        result = CliRunner().invoke(app, command, env=environment)
        assert result.exit_code in (0, 1), result.output
        said[" ".join(command)] = [result.output]
    found = [
        (place, text, forbidden)
        for place, texts in said.items()
        for text in texts
        for forbidden in FORBIDDEN
        if forbidden in text.lower()
    ]
    firsts = {(place, text[:60]): (place, text[:300], forbidden) for place, text, forbidden in found}
    assert found == [], json.dumps(list(firsts.values())[:40], ensure_ascii=False, indent=1)
