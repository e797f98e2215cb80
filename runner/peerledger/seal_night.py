"""The end of the night: seal, sign, and look whether everything is what it was and all of it on record."""

import contextlib
from collections.abc import Callable

import psycopg

from peerledger import evidence, seal, verify
from peerledger.database import Database
from peerledger.errors import RunnerError
from peerledger.settings import Settings


def run(database: Database, settings: Settings, report: Callable[[str], None]) -> None:
    """Each look is had, whatever the one before it found."""
    entries = 0
    # A worker may be at it; what the night looks at is there all the same.
    with contextlib.suppress(seal.SealingElsewhereError):
        entries = seal.seal(database, report).entries
    if counted := evidence.count_months(database):
        report(f"Statements: {counted:,} months of logs were counted.")
    made = seal.checkpoint(database, settings)
    problems = []
    if made is not None:
        with database.connect(autocommit=True) as connection:
            # By the database's clock, as the night itself.
            row = connection.execute("select (now() at time zone 'UTC')::date - 1").fetchone()
        yesterday = row[0] if row else None
        verdict = verify.verify(database, settings, since=yesterday)
        report(
            f"Seals: {entries:,} entries sealed, checkpoint of {made.size:,}, "
            f"{verdict.entries:,} verified, {len(verdict.findings):,} findings."
        )
        if verdict.findings:
            problem = verdict.findings[0]
            with database.connect(autocommit=True) as connection:
                connection.execute(
                    "select private.raise_alert('seal_broken', 'critical', left(%s, 500), 'seal_findings')",
                    (f"Sealed entries are not what they were: {problem}. Run `peerledger verify`.",),
                )
            problems.append(f"The seals are broken: {problem}")
    findings, first = _check_completeness(database, report)
    if findings:
        problems.append(f"The logs are not complete: {first}")
    if problems:
        raise RunnerError(" ".join(problems))


def _check_completeness(database: Database, report: Callable[[str], None]) -> tuple[int, str]:
    with database.connect() as connection:
        # One snapshot: what is written meanwhile is either there with its entry or not at all.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute(
            "select is_of_everything, findings, first_finding from private.check_completeness()"
        ).fetchone()
    assert row is not None
    everything, findings, first = row
    compared = "everything" if everything else "what changed"
    report(f"Completeness: {compared} was compared: {findings:,} findings.")
    return int(findings), str(first)
