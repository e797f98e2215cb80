"""A database of several years, for the benchmark of scale; the same each time.

Mentors, badges and activities go the ordinary way, in large statements, with all triggers. Years of logs are
put in without them, since real ones would take days, and are sealed then.
"""

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from peerledger import seal
from peerledger.database import Database


def identity(word: str) -> str:
    """As md5(word)::uuid in SQL."""
    return str(uuid.UUID(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()))


ORGANISATIONS = 20
"""The first has two fifths of everything."""
MONTHS = 72
MENTOR = identity("user 0")
COORDINATOR = identity("coordinator 0")
FIVE = identity("coordinator of five")
CHAPTER = identity("coordinator of a chapter")

_LOGS = ("badge_evaluation_logs", "proxy_audit_log", "hlf_sync_audit_log", "certification_expiry_audit_log")
_AT_ONCE = 200
"""Mentors whose activities are one statement."""


@dataclass(frozen=True)
class Size:
    mentors: int
    activities: int
    evaluations: int
    other_entries: int

    def times(self, factor: int) -> "Size":
        return Size(
            self.mentors * factor,
            self.activities * factor,
            self.evaluations * factor,
            self.other_entries * factor,
        )


SMALL = Size(500, 25_000, 50_000, 7_500)
FACTOR = 40


def fill(opened: Database, size: Size) -> None:
    with opened.connect(autocommit=True, statement_seconds=0) as connection:
        connection.execute("set synchronous_commit = off")
        connection.execute("set jit = off")
        connection.execute(Path(__file__).with_suffix(".sql").read_bytes())
        connection.execute("call pg_temp.add_people(%s)", (size.mentors,))
        for first in range(0, size.mentors, _AT_ONCE):
            last = min(first + _AT_ONCE, size.mentors) - 1
            connection.execute(
                "call pg_temp.add_activities(%s, %s, %s)", (first, last, size.activities // size.mentors)
            )
        connection.execute("set session_replication_role = replica")
        # As if the activities had come in over the last months: the next night's look is not at all of them.
        connection.execute("update public.activities set updated_at = now() - interval '2 months'")
        months = connection.execute(
            "select (date_trunc('month', now()) - make_interval(months => number))::date "
            "from generate_series(0, %s) as number order by 1",
            (MONTHS + 1,),
        ).fetchall()
        connection.execute("set role peerledger_owner")
        for log in _LOGS:
            for (month,) in months:
                connection.execute("call private.create_log_partition(%s, %s)", (log, month))
        connection.execute("reset role")
        connection.execute("call pg_temp.add_evaluations(%s, %s)", (size.mentors, size.evaluations))
        for entries in ("proxies", "attempts", "nights"):
            connection.execute(
                f"call pg_temp.add_{entries}(%s, %s)".encode(), (size.mentors, size.other_entries)
            )
        connection.execute("vacuum full public.activities")
        seal.seal(opened)
        connection.execute("vacuum analyze")
