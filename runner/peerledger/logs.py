"""Structured logs: one JSON object a line on stderr, of names and numbers only.

No secrets and no personal data: a field is an id, a number, a date or a word of ours. Of an error only its
class and SQLSTATE are kept, never its message, which may quote an address, a name or a password.
"""

import json
import logging
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import TextIO

_ROOT = "peerledger"

Field = str | int | float | bool | date | timedelta | uuid.UUID | BaseException | None


class Log:
    """`log.info("delivered", count=3)`."""

    def __init__(self, part: str) -> None:
        self._logger = logging.getLogger(f"{_ROOT}.{part}")
        self._part = part

    def info(self, event: str, **fields: Field) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Field) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Field) -> None:
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, Field]) -> None:
        if self._logger.isEnabledFor(level):
            entry = {"part": self._part, "event": event}
            self._logger.log(level, event, extra={"entry": entry | {k: _plain(v) for k, v in fields.items()}})


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = getattr(record, "entry", {})
        return json.dumps({"at": at, "level": record.levelname.lower(), **entry}, ensure_ascii=False)


def setup(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """For the commands that run for long. Libraries stay silent: they log addresses."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonLines())
    logger = logging.getLogger(_ROOT)
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def _plain(value: Field) -> str | int | float | bool | None:
    if isinstance(value, BaseException):
        code = getattr(value, "sqlstate", None)
        return f"{type(value).__name__} ({code})" if code else type(value).__name__
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    return value
