"""yoyo's bookkeeping in our schema, on our connection, in the migration's own transaction."""

import getpass
import glob
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg import errors as pg
from yoyo import default_migration_table, read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI, parse_uri

from peerledger import guards
from peerledger.database import Connection
from peerledger.objects import recorded
from peerledger.queries import ask, set_locally
from peerledger.sqlfiles import SqlFile, Tree

# Names no server: the connection exists already, and yoyo shall never see a password.
_NOWHERE: DatabaseURI = parse_uri("postgresql+psycopg:///peerledger")


class Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo decides what is pending and in which order; this applies a file and marks it in one
    transaction, so that a killed process never leaves an applied migration unmarked."""

    def __init__(self, connection: Connection, tree: Tree) -> None:
        self._ours = connection
        self._files = {_id(file): file for file in tree.migrations()}
        self._tree = tree
        super().__init__(_NOWHERE, default_migration_table)

    def connect(self, dburi: DatabaseURI) -> Connection:
        # In public, Supabase's default privileges would let anon delete yoyo's tables.
        self.schema = "private"
        return self._ours

    @contextmanager
    def lock(self, timeout: float = 10) -> Iterator[None]:
        """yoyo's lock is a row that a killed process leaves behind; the caller holds an advisory lock."""
        yield

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:
        file = self._files[migration.id]
        self._find_bookkeeping()
        self.ensure_internal_schema_updated()
        with self.transaction():
            self._run(file)
            self.mark_one(migration, log=False)
            self.log_migration(migration, "apply")
            ask(self._ours, "record_sql_file", **recorded(file, "migration"))
            # The code that is there may not understand the new tables; the end of the migration marks again.
            with suppress(pg.Error):
                guards.mark(self._ours)

    def rollback_one(self, migration: Any, force: bool = False) -> None:
        file = self._files[migration.id]
        self._find_bookkeeping()
        self.ensure_internal_schema_updated()
        with self.transaction():
            self._run(self._tree.rollback_of(file))
            self.unmark_one(migration, log=False)
            self.log_migration(migration, "rollback")
            ask(self._ours, "forget_sql_files", paths=[file.path])

    def _find_bookkeeping(self) -> None:
        """yoyo names its tables without a schema, and access may have been put right in this transaction."""
        set_locally(self._ours, "search_path", "private")

    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, Any]:
        user = "unknown"
        # A container may run as a uid without a name.
        with suppress(KeyError, OSError):
            user = getpass.getuser()
        return {
            "id": str(uuid.uuid4()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": user,
            # Not getfqdn(), as yoyo does: it asks the DNS, sometimes for seconds.
            "hostname": socket.gethostname(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }

    def _run(self, file: SqlFile) -> None:
        # The whole file as it stands, like psql would: no splitting into steps. With an empty
        # search_path a name without its schema fails here and not at a stranger's.
        set_locally(self._ours, "search_path", "")
        self._ours.execute(file.text.encode())
        self._ours.execute("reset role")
        self._find_bookkeeping()


def known_migrations(tree: Tree) -> Any:
    return read_migrations(glob.escape(str(Path(tree.root) / "migrations")))


def _id(file: SqlFile) -> str:
    return file.path.rsplit("/", 1)[-1].removesuffix(".sql")
