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
    """Kinds that are worked out and not written there meet the catalogue when they are raised."""
    connection = database.superuser()
    known = kinds(connection)
    named = [
        (function.name, strings)
        for function in mutants.functions(connection)
        for strings in mutants.strings_in_first_argument(function.body, _WRITERS)
        if function.name != "private.raise_alert"
    ]
    assert len(named) > 15
    assert [(name, strings) for name, strings in named if not strings <= known] == []


def test_a_kind_that_is_not_known_is_refused(database: Database) -> None:
    connection = database.superuser()
    with pytest.raises(errors.InvalidParameterValue) as refused:
        connection.execute("select private.write_alert('no_such_kind', 'info', 'It is not.', 'x')")
    assert refused.value.diag.message_detail == "kind"
    connection.execute("select private.raise_alert('no_such_kind', 'info', 'It is not.', 'x')")
    alert = connection.execute("select kind, message from public.ops_alerts").fetchone()
    assert alert == ("unclassified", "It is not."), "what must not fail tells somebody all the same"
