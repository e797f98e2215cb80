"""Runs each pgTAP file on each server, those of the evidence on two, in a transaction of its own that is rolled back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tap
from conftest import Target

_DATABASE = "pgtap"
# They compare logs with what they speak of, at length, and what comes of it is the same on every server.
_OF_TWO = ("completeness", "seals")


def _name(file: Path) -> str:
    return str(file.relative_to(tap.ROOT))


@pytest.fixture(scope="session")
def tap_target(target: Target) -> Iterator[Target]:
    """With one clone for all files: none leaves anything behind."""
    if target.tap_schema is None:
        pytest.skip("pgTAP comes from a container, and there is no container engine")
    target.server.clone_database(target.template, _DATABASE)
    yield target
    target.server.drop_database(_DATABASE)


@pytest.mark.parametrize("file", [file for file in tap.FILES if file.parent.name not in _OF_TWO], ids=_name)
def test_pgtap(tap_target: Target, file: Path) -> None:
    require_success(tap_target, file)


@pytest.mark.two_targets
@pytest.mark.parametrize("file", [file for file in tap.FILES if file.parent.name in _OF_TWO], ids=_name)
def test_pgtap_of_evidence(tap_target: Target, file: Path) -> None:
    require_success(tap_target, file)


def test_each_statement_has_a_time_of_its_own(tap_target: Target, tmp_path: Path) -> None:
    """A file that is sent as one message has only one."""
    file = tmp_path / "two_statements.sql"
    file.write_text(
        """
        begin;
        select plan(1);
        create temporary table seen as select statement_timestamp() as at;
        select isnt((select at from seen), statement_timestamp(), 'the second statement has another');
        select finish();
        rollback;
        """
    )
    output = run(tap_target, file)
    assert output.problem() is None, output


@pytest.mark.parametrize(
    ("lines", "is_complete", "expected"),
    [
        (["1..1", "ok 1 - it is"], True, None),
        (["1..1", "not ok 1 - it is not"], True, "1 failed"),
        (["1..2", "ok 1 - it is"], True, "planned 2 but ran [1]"),
        (["1..2", "ok 1", "ok 1"], True, "planned 2 but ran [1, 1]"),
        (["1..1", "ok 1", "ok 2"], True, "planned 1 but ran [1, 2]"),
        (["1..1", "ok 1"], False, "an error ended it"),
        (["1..1", "ok 1 - # SKIP not here"], True, "1 skipped"),
        (["ok 1 - without a plan"], True, "expected one plan, found []"),
        ([], True, "expected one plan, found []"),
    ],
)
def test_the_verdict(lines: list[str], is_complete: bool, expected: str | None) -> None:
    assert tap.Output(lines, "", is_complete).problem() == expected


def require_success(target: Target, file: Path) -> None:
    output = run(target, file)
    if problem := output.problem():
        pytest.fail(f"{problem}\n{output}", pytrace=False)


def run(target: Target, file: Path) -> tap.Output:
    assert target.tap_schema is not None
    return tap.run(file, target.server.superuser_dsn, _DATABASE, target.tap_schema)
