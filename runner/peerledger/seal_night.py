"""The end of the night: seal, sign, and look whether what was sealed since yesterday is still what it was."""

from collections.abc import Callable

from peerledger import seal, verify
from peerledger.database import Database
from peerledger.errors import RunnerError
from peerledger.settings import Settings


def run(database: Database, settings: Settings, report: Callable[[str], None]) -> None:
    sealed = seal.seal(database, report)
    made = seal.checkpoint(database, settings)
    if made is None:
        return
    with database.connect(autocommit=True) as connection:
        # By the database's clock, as the night itself.
        row = connection.execute("select (now() at time zone 'UTC')::date - 1").fetchone()
    yesterday = row[0] if row else None
    verdict = verify.verify(database, settings, since=yesterday)
    report(
        f"Seals: {sealed.entries:,} entries sealed, checkpoint of {made.size:,}, "
        f"{verdict.entries:,} verified, {len(verdict.findings):,} findings."
    )
    if verdict.findings:
        with database.connect(autocommit=True) as connection:
            connection.execute(
                "select private.raise_alert('seal_broken', 'critical', left(%s, 500), 'seal_findings')",
                (f"Sealed entries are not what they were: {verdict.findings[0]}. Run `peerledger verify`.",),
            )
        raise RunnerError(f"The seals are broken: {verdict.findings[0]}")
