"""The one database that the settings point to."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from peerledger.errors import NoConnectionError, one_line
from peerledger.settings import Settings

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Database:
    conninfo: str = field(repr=False)
    is_embedded: bool
    psql: str | None

    def connect(self, **options: Any) -> Connection:
        try:
            return psycopg.connect(self.conninfo, **options)
        except psycopg.OperationalError as error:
            raise NoConnectionError(self._why(error)) from error

    def wait(self, seconds: float, tell: Callable[[str], None]) -> None:
        """A worker may start while the server does. A wrong address looks the same, so not for ever."""
        deadline = time.monotonic() + seconds
        is_told = False
        while True:
            try:
                return self.connect().close()
            except NoConnectionError as error:
                if time.monotonic() >= deadline:
                    raise
                if not is_told:
                    tell(f"{error.message} Retrying.")
                is_told = True
            time.sleep(0.5)

    @property
    def name(self) -> str:
        """Where it is, without a secret."""
        if self.is_embedded:
            return "the embedded database"
        parts = conninfo_to_dict(self.conninfo)
        return f"{parts.get('dbname') or 'the default database'} on {parts.get('host') or 'this machine'}"

    def _why(self, error: psycopg.OperationalError) -> str:
        words = one_line(str(error)).rsplit("FATAL: ", 1)[-1]
        words = words.split(" Is the server running")[0]
        password = conninfo_to_dict(self.conninfo).get("password")
        if password:
            words = words.replace(str(password), "***")
        known = {
            "password authentication failed": "The user or the password is wrong.",
            "no password supplied": "The address contains no password.",
            "does not exist": "Check the name in PEERLEDGER_DATABASE_URL.",
            "refused": "Is a server running there?",
            "could not translate": "Is the host name right?",
            "failed to resolve": "Is the host name right?",
        }
        advice = next(
            (text for part, text in known.items() if part in words), "Check PEERLEDGER_DATABASE_URL."
        )
        return f"No connection to {self.name}: {words.rstrip('.')}. {advice}"


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    if settings.database_url is not None:
        conninfo = settings.database_url.get_secret_value()
        embedded, psql = False, shutil.which("psql")
    else:
        # Imported only here: with a server of one's own the wheel need not even work.
        from peerledger import embedded as server

        conninfo = server.start(settings.data_dir)
        embedded, psql = True, str(server.BIN / "psql")
    given = conninfo_to_dict(conninfo)
    defaults = {"application_name": "peerledger", "connect_timeout": "10"}
    conninfo = make_conninfo(conninfo, **{key: value for key, value in defaults.items() if key not in given})
    yield Database(conninfo, embedded, psql or _bundled_psql())


def _bundled_psql() -> str | None:
    try:
        from peerledger.embedded import BIN
    except ImportError:
        return None
    path: Path = BIN / "psql"
    return str(path) if path.exists() else None
