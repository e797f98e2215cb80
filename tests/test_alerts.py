"""The catalogue of kinds in the database, what raises alerts, and the runbook have the same kinds."""

import re

import mutants
import psycopg
import pytest
from conftest import Database
from psycopg import errors

from peerledger.sqlfiles import ROOT

_WRITERS = ("raise_alert", "write_alert")

pytestmark = pytest.mark.one_target


def kinds(connection: psycopg.Connection) -> set[str]:
    return {row[0] for row in connection.execute("select kind from private.alert_kinds()")}


def test_the_runbook_has_every_kind_and_no_other(database: Database) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page[page.index("| kind |") :].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == kinds(database.superuser())


def test_every_call_in_the_database_names_a_kind_of_the_catalogue(database: Database) -> None:
    """raise_alert turns a kind that is not known into a warning, so that a mistake would cost an alert."""
    connection = database.superuser()
    known = kinds(connection)
    named = [
        (function.name, strings)
        for function in mutants.functions(connection)
        for strings in mutants.strings_in_first_argument(function.body, _WRITERS)
        if function.name != "private.raise_alert"
    ]
    assert len(named) > 15
    assert [(name, strings) for name, strings in named if not strings or not strings <= known] == []


def test_a_kind_that_is_not_known_is_refused(database: Database) -> None:
    connection = database.superuser()
    with pytest.raises(errors.InvalidParameterValue) as refused:
        connection.execute("select private.write_alert('no_such_kind', 'info', 'It is not.', 'x')")
    assert refused.value.diag.message_detail == "kind"
    warnings: list[str | None] = []
    connection.add_notice_handler(lambda notice: warnings.append(notice.message_primary))
    connection.execute("select private.raise_alert('no_such_kind', 'info', 'It is not.', 'x')")
    assert warnings == ["peerledger: an alert no_such_kind could not be raised (22023)"]
    assert connection.execute("select count(*) from public.ops_alerts").fetchone() == (0,)
