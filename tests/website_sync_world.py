"""An organisation, its mentors, and a pretended portal that shows what it was last told."""

import threading
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from conftest import Database
from psycopg.types.json import Jsonb

PATIENCE = 60  # seconds, after which a test fails instead of hanging
LEASE = timedelta(minutes=1)
STATUSES = ("active", "paused", "expired_cert", "withdrawn")


@dataclass(frozen=True)
class Claim:
    mentor: uuid.UUID
    operation: str
    version: int
    contact: uuid.UUID
    worker: str

    def result(self, code: int | None = 204, kind: str | None = None) -> dict[str, Any]:
        return {
            "mentor_id": str(self.mentor),
            "desired_version": self.version,
            "worker": self.worker,
            "dynamics_response_code": code,
            "error_kind": kind,
        }


class World:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = self.session()
        self.organisation: uuid.UUID = self.one(
            "insert into public.organisations (slug, name) values ('north', 'North') returning id"
        )
        self.portal: dict[uuid.UUID, bool] = {}
        self._portal_lock = threading.Lock()

    def session(self) -> psycopg.Connection:
        """One that gives up rather than hang."""
        connection = self.database.superuser()
        connection.execute(f"set statement_timeout = '{PATIENCE}s'")
        return connection

    def one(self, query: str, *arguments: object) -> Any:
        row = self.connection.execute(query.encode(), arguments).fetchone()
        assert row is not None
        return row[0]

    def add_mentors(self, count: int) -> list[uuid.UUID]:
        """Active, and waiting to be listed."""
        rows = self.connection.execute(
            "insert into public.peer_mentors (organisation_id, display_name, dynamics_contact_id)"
            " select %s, 'M', gen_random_uuid() from generate_series(1, %s) returning id",
            (self.organisation, count),
        ).fetchall()
        return sorted(row[0] for row in rows)

    def send(self, claim: Claim) -> None:
        """The request reaches the portal."""
        with self._portal_lock:
            self.portal[claim.contact] = claim.operation == "restore"

    def make_everything_due(self) -> None:
        """As if all waiting were over and every silent worker's lease had run out."""
        self.connection.execute(
            "update public.hlf_sync_state set"
            " next_attempt_at = least(next_attempt_at, now()),"
            " remove_unsettled_until = now(), restore_unsettled_until = now(), lease_expires_at = now() - interval '1 second'"
            " where state in ('pending', 'in_progress') or is_doubtful"
        )

    def drain(self) -> None:
        """One good worker, until nothing is left to do."""
        self.connection.execute("select public.requeue_dead_letters(%s, 10000)", (self.organisation,))
        for _ in range(100):
            self.make_everything_due()
            claims = claim(self.connection, "drain", 1000)
            if not claims:
                return
            for claimed in claims:
                self.send(claimed)
            complete(self.connection, [claimed.result() for claimed in claims])
        raise TimeoutError("it never ends")

    def differences(self) -> list[Any]:
        """Mentors whom the portal does not show as their status says, or who are not settled."""
        rows = self.connection.execute(
            "select mentor.id, mentor.dynamics_contact_id, mentor.status = 'active', sync.state,"
            " sync.applied_version = sync.desired_version, sync.lease_expires_at is null"
            " from public.peer_mentors as mentor"
            " left join public.hlf_sync_state as sync on sync.mentor_id = mentor.id"
        ).fetchall()
        return [row for row in rows if row[3:] != ("synced", True, True) or self.portal.get(row[1]) != row[2]]

    def entries(self) -> int:
        return int(self.one("select count(*) from public.hlf_sync_audit_log"))


def claim(connection: psycopg.Connection, worker: str, count: int, lease: timedelta = LEASE) -> list[Claim]:
    rows = connection.execute(
        "select mentor_id, operation, desired_version, dynamics_contact_id"
        " from public.claim_hlf_sync(%s, %s, %s)",
        (worker, count, lease),
    ).fetchall()
    return [
        Claim(mentor, operation, version, contact, worker) for mentor, operation, version, contact in rows
    ]


def complete(connection: psycopg.Connection, results: Sequence[dict[str, Any]]) -> list[tuple[bool, str]]:
    return connection.execute(
        "select accepted, state from public.complete_hlf_sync(%s)", (Jsonb(list(results)),)
    ).fetchall()


def set_status(connection: psycopg.Connection, mentors: Iterable[uuid.UUID], status: str) -> None:
    connection.execute(
        "update public.peer_mentors set status = %s::public.mentor_status where id = any(%s)",
        (status, list(mentors)),
    )
