"""Errors that a person can act on: one line and an exit code."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg

FAILED = 1
USAGE = 2
BROKEN = 4
INTERRUPTED = 130


class RunnerError(Exception):
    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


class SettingsError(RunnerError):
    def __init__(self, message: str) -> None:
        super().__init__(message, USAGE)


class NoConnectionError(RunnerError):
    """No connection: wrong address, wrong password, no such database, no server."""


class NotMigratedError(RunnerError):
    """The database has not, or not all, of what this code needs."""


class DatabaseAheadError(RunnerError):
    """A newer version of the code has migrated the database."""


class NamesTakenError(RunnerError):
    """Somebody else's objects have the names that ours need."""


class EditedMigrationError(RunnerError):
    """An applied migration is no longer what was applied."""


class LockTimeoutError(RunnerError):
    """Somebody else holds what we need."""


class NotAllowedError(RunnerError):
    """The role lacks a permission."""


class BrokenError(RunnerError):
    """The database is not a continuation of what was signed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, BROKEN)


_CLASSES: dict[type[psycopg.Error], type[RunnerError]] = {
    pg.LockNotAvailable: LockTimeoutError,
    pg.InsufficientPrivilege: NotAllowedError,
    pg.UndefinedTable: NotMigratedError,
    pg.UndefinedFunction: NotMigratedError,
    pg.InvalidSchemaName: NotMigratedError,
}
_ADVICE: dict[type[psycopg.Error], str] = {
    pg.LockNotAvailable: "A table was locked for too long; nothing was changed. Try again later.",
    pg.UndefinedTable: "Is the database migrated? Run `peerledger migrate`.",
    pg.UndefinedFunction: "Is the database migrated? Run `peerledger migrate`.",
    pg.InvalidSchemaName: "Is the database migrated? Run `peerledger migrate`.",
    pg.QueryCanceled: "It exceeded the server's statement_timeout, or was cancelled.",
    pg.ReadOnlySqlTransaction: "The database is read-only: its disk may be full (Supabase does that), "
    "or it is a replica. Nothing was changed.",
    pg.SerializationFailure: "Others changed it at the same time, or a replica had to catch up: try again. "
    "On a replica, raise max_standby_streaming_delay.",
    pg.AdminShutdown: "The server closed the connection. Try again.",
}


def one_line(text: str) -> str:
    """Blanks for the ends of lines; what a terminal would obey, `peerledger.screen` takes out."""
    return re.sub(r"\s+", " ", text).strip()


def from_database(error: psycopg.Error, doing: str = "") -> RunnerError:
    """The database's own words, its code, and what to do about it, in one line."""
    code = error.sqlstate
    words = error.diag.message_primary or str(error) or "the connection was lost"
    advice = next(
        (text for kind, text in _ADVICE.items() if isinstance(error, kind)), error.diag.message_hint
    )
    detail = error.diag.message_detail if (code or "").startswith("PL") else None
    parts = [f"{doing}: {words}" if doing else words, f"({code})" if code else None, detail, advice]
    kind = next((mine for theirs, mine in _CLASSES.items() if isinstance(error, theirs)), RunnerError)
    return kind(one_line(" ".join(part for part in parts if part)))


@contextmanager
def explained(doing: str = "") -> Iterator[None]:
    """What the database says in here is said in one line."""
    try:
        yield
    except psycopg.Error as error:
        raise from_database(error, doing) from error
