"""Runs each pgTAP file on each server, in a transaction of its own that is rolled back."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import Target
from psycopg import sql

_ROOT = Path(__file__).parent / "pgtap"
_FILES = sorted(_ROOT.glob("*/*.sql"))


@pytest.fixture(scope="session")
def tap(target: Target) -> Iterator[psycopg.Connection]:
    """One clone for all files: none leaves anything behind."""
    if target.tap_schema is None:
        pytest.skip("pgTAP comes from a container, and there is no container engine")
    name = "pgtap"
    target.server.clone_database(target.template, name)
    with psycopg.connect(target.server.dsn(target.server.superuser_dsn, name), autocommit=True) as connection:
        connection.execute(sql.SQL("set search_path = {}").format(sql.Identifier(target.tap_schema)))
        yield connection
    target.server.drop_database(name)


@pytest.mark.parametrize("file", _FILES, ids=lambda file: str(file.relative_to(_ROOT)))
def test_pgtap(tap: psycopg.Connection, file: Path) -> None:
    try:
        lines = output(tap, file.read_bytes())
    except psycopg.Error as error:
        pytest.fail(f"{error.sqlstate}: {error}", pytrace=False)
    finally:
        tap.execute("rollback")
        tap.execute("reset role")
    if problem := verdict(lines):
        pytest.fail(problem + "\n" + "\n".join(lines), pytrace=False)


def output(connection: psycopg.Connection, script: bytes) -> list[str]:
    """All that the script's queries return, as psql would print it."""
    cursor = connection.execute(script)
    lines: list[str] = []
    while True:
        if cursor.description:
            lines += [line for row in cursor for value in row for line in str(value or "").splitlines()]
        if not cursor.nextset():
            return lines


def verdict(lines: list[str]) -> str | None:
    """None when the TAP says that all went well, else what is wrong."""
    plans = [int(found[1]) for line in lines if (found := re.fullmatch(r"1\.\.(\d+)", line))]
    passed = sum(1 for line in lines if re.match(r"ok \d+", line))
    failed = sum(1 for line in lines if re.match(r"\s*not ok \d+", line))
    if failed:
        return f"{failed} failed"
    if len(plans) != 1 or plans[0] == 0:
        return f"expected one plan, found {plans}"
    if passed != plans[0]:
        return f"planned {plans[0]} but ran {passed}"
    return None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["1..1", "ok 1 - it is"], None),
        (["1..1", "not ok 1 - it is not"], "1 failed"),
        (["1..2", "ok 1 - it is"], "planned 2 but ran 1"),
        (["1..1", "ok 1", "ok 2"], "planned 1 but ran 2"),
        (["ok 1 - without a plan"], "expected one plan, found []"),
        ([], "expected one plan, found []"),
    ],
)
def test_the_verdict(lines: list[str], expected: str | None) -> None:
    assert verdict(lines) == expected
