"""The end of the night: seal, sign, and look whether everything is what it was and all of it on record."""

import contextlib
from collections.abc import Callable
from datetime import UTC, timedelta

import psycopg

from peerledger import evidence, seal, verify
from peerledger.database import Database
from peerledger.errors import RunnerError
from peerledger.queries import call, rows
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
            now = call(connection, "pg_catalog.now").astimezone(UTC)
        verdict = verify.verify(database, settings, since=now.date() - timedelta(days=1))
        report(
            f"Seals: {entries:,} entries sealed, checkpoint of {made.size:,}, "
            f"{verdict.entries:,} verified, {len(verdict.findings):,} findings."
        )
        if verdict.findings:
            problem = verdict.findings[0]
            with database.connect(autocommit=True) as connection:
                said = f"Sealed entries are not what they were: {problem}. Run `peerledger verify`."
                call(
                    connection, "private.raise_alert", "seal_broken", "critical", said[:500], "seal_findings"
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
        ((everything, findings, first),) = rows(connection, "private.check_completeness")
    compared = "everything" if everything else "what changed"
    report(f"Completeness: {compared} was compared: {findings:,} findings.")
    return int(findings), str(first)
