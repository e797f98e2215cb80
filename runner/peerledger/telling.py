"""What needs a person is told to the receivers, once: the database says what, and remembers what was told."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import LiteralString

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from peerledger.database import Connection, Database
from peerledger.errors import RunnerError
from peerledger.logs import Log
from peerledger.plan import require_migrated
from peerledger.queries import ask, call, rows
from peerledger.receivers import Receiver, Tone, send_to_all

_log = Log("alerts")
# For how long the database may be away before somebody is woken: a restart takes less.
_AWAY_SECONDS = 300
_AGAIN_SECONDS = 86_400
# What changed a log or access is found out now and not only tonight.
_WATCH: tuple[LiteralString, ...] = ("private.watch_logs", "private.watch_access")


@dataclass(frozen=True)
class Said:
    receiver: str
    telling: str
    """new, still or over."""
    problem_key: str
    code: str
    severity: str
    organisation_id: object
    organisation: str | None
    message: str
    action: str | None

    @property
    def line(self) -> str:
        where = f"{self.organisation}: " if self.organisation else ""
        what = "over" if self.telling == "over" else self.severity
        still = ", still" if self.telling == "still" else ""
        action = f"\n  → {self.action}" if self.action else ""
        return f"[{what}{still}] {where}{self.message}{action}"

    def as_json(self) -> dict[str, object]:
        return vars(self) | {"organisation_id": self.organisation_id and str(self.organisation_id)}


@dataclass
class Teller:
    """One worker tells at a time. What it could not write down, in a read-only database, it remembers."""

    database: Database
    receivers: Sequence[Receiver]
    away_seconds: float = _AWAY_SECONDS
    _told: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _away_since: float | None = None
    _is_away_told: bool = False

    def look(self) -> bool:
        """Whether everything that was to be told was taken. Raises nothing for a database that is away."""
        try:
            is_taken = self.tell()
        except (RunnerError, psycopg.Error) as error:
            self._is_away(error)
            return False
        self._is_back()
        return is_taken

    def tell(self) -> bool:
        with self.database.connect(autocommit=True) as connection:
            require_migrated(connection)
            if ask(connection, "telling_lock").fetchone() != (True,):
                return True
            for function in _WATCH:
                self._watch(connection, function)
            said = rows(
                connection,
                "private.problems_to_tell",
                [receiver.key for receiver in self.receivers],
                [receiver.only_critical for receiver in self.receivers],
                row_factory=class_row(Said),
            )
            is_taken = True
            for receiver in self.receivers:
                mine = [each for each in said if each.receiver == receiver.key and self._is_due(each)]
                is_taken = self._send(connection, receiver, mine) and is_taken
            return is_taken

    def _watch(self, connection: Connection, function: LiteralString) -> None:
        try:
            call(connection, function)
        except psycopg.Error as error:
            # A database that is read-only can write no alert; its problems are told all the same.
            if connection.closed:
                raise
            _log.warning("not_watched", error=error)

    def _send(self, connection: Connection, receiver: Receiver, said: Sequence[Said]) -> bool:
        """What is wrong in one message and what is over in another."""
        is_taken = True
        for is_over, group in groupby(said, lambda each: each.telling == "over"):
            items = list(group)
            title = f"Peerledger: {_counted(items, is_over)} ({self.database.name})"
            body = "\n".join(each.line for each in items)
            if not receiver.send(title, body, _tone(items, is_over)):
                is_taken = False
                continue
            _log.info("told", receiver=receiver.name, problems=len(items), over=is_over)
            for each in items:
                self._told[each.receiver, each.problem_key, each.telling] = time.monotonic()
            try:
                call(connection, "private.record_told", Jsonb([each.as_json() for each in items]))
            except psycopg.Error as error:
                if connection.closed:
                    raise
                _log.warning("not_recorded", error=error)
            else:
                for each in items:
                    del self._told[each.receiver, each.problem_key, each.telling]
        return is_taken

    def _is_due(self, said: Said) -> bool:
        at = self._told.get((said.receiver, said.problem_key, said.telling))
        return at is None or time.monotonic() - at >= _AGAIN_SECONDS

    def _is_away(self, error: Exception) -> None:
        _log.warning("database_away", error=error.__cause__ or error)
        self._away_since = self._away_since or time.monotonic()
        if self._is_away_told or time.monotonic() - self._away_since < self.away_seconds:
            return
        minutes = (time.monotonic() - self._away_since) / 60
        body = f"{self.database.name} has not answered for {minutes:.0f} minutes.\n  → peerledger status"
        failed = send_to_all(self.receivers, "Peerledger: the database is away", body, Tone.CRITICAL)
        self._is_away_told = len(failed) < len(self.receivers)

    def _is_back(self) -> None:
        if self._is_away_told:
            send_to_all(
                self.receivers,
                "Peerledger: the database answers",
                f"{self.database.name} answers.",
                Tone.OVER,
            )
        self._away_since, self._is_away_told = None, False


def _counted(items: Iterable[Said], is_over: bool) -> str:
    severities = [each.severity for each in items]
    if is_over:
        return f"{len(severities)} over"
    critical = severities.count("critical")
    warnings = len(severities) - critical
    parts = [f"{critical} critical" if critical else "", f"{warnings} to look at" if warnings else ""]
    return ", ".join(part for part in parts if part)


def _tone(items: Iterable[Said], is_over: bool) -> Tone:
    if is_over:
        return Tone.OVER
    return Tone.CRITICAL if any(each.severity == "critical" for each in items) else Tone.WARNING
