"""Mentors in a database and their contacts in a stand-in for Dynamics, and the sync between them."""

import asyncio
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from conftest import Database

from peerledger.database import Database as RunnerDatabase
from peerledger.dynamics.credentials import Account, Credentials
from peerledger.dynamics.limits import RequestLimits
from peerledger.website_sync import Pace, Summary, WebsiteSync
from standin import Fault, StandIn

# Seconds, after which a test fails instead of hanging.
PATIENCE = 60
# Everything that waits waits shortly; leases and time-outs are as long as ever.
QUICK = Pace(poll=0.1, report=0.02, first_check=0.05, longest_check=0.2, first_probe=0.05, longest_probe=0.1)


@dataclass
class Website:
    database: Database
    standin: StandIn
    organisation_id: UUID
    contact_of: dict[UUID, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = self.database.superuser()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        # `None`, not `()`: a query without values may hold a percent sign.
        return self.connection.execute(query.encode(), values or None).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        return self.rows(query, *values)[0][0]

    def do(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement.encode(), values or None)

    def add_organisation(self, slug: str) -> UUID:
        made: UUID = self.value(
            "insert into public.organisations (slug, name) values (%s, %s) returning id", slug, slug
        )
        return made

    def add_mentors(
        self, count: int, organisation_id: UUID | None = None, status: str = "active"
    ) -> list[UUID]:
        """Active ones are queued to be put on the website, the others to be taken off."""
        made = [uuid.uuid4() for _ in range(count)]
        contacts = [uuid.uuid4() for _ in made]
        for contact in contacts:
            self.standin.add_contact(contact, listed=status != "active")
        self.do(
            "insert into public.peer_mentors (id, organisation_id, display_name, status, dynamics_contact_id)"
            " select mentor, %s, 'M', %s::public.mentor_status, contact"
            " from unnest(%s::uuid[], %s::uuid[]) as made (mentor, contact)",
            organisation_id or self.organisation_id,
            status,
            made,
            contacts,
        )
        self.contact_of.update(zip(made, contacts, strict=True))
        return made

    def set_status(self, mentors: Iterable[UUID], status: str) -> None:
        self.do(
            "update public.peer_mentors set status = %s::public.mentor_status where id = any (%s)",
            status,
            list(mentors),
        )

    def make_due(self) -> None:
        """As if the time of waiting were over."""
        self.do(
            "update public.hlf_sync_state set next_attempt_at = now() - interval '1 second'"
            " where state = 'pending'"
        )

    def state(self, mentor: UUID) -> str:
        return str(self.value("select state from public.hlf_sync_state where mentor_id = %s", mentor))

    def in_progress(self) -> int:
        return int(self.value("select count(*) from public.hlf_sync_state where state = 'in_progress'"))

    def hold_all_but_one(self, released: threading.Event) -> None:
        """The first request passes, so that there is a token and many are claimed; the others wait."""
        self.standin.faults.add(Fault())
        self.standin.faults.always = Fault(waits_for=released)

    def log(self, mentor: UUID | None = None) -> list[tuple[Any, ...]]:
        return self.rows(
            "select operation, outcome, dynamics_response_code, retry_count, error_message"
            " from public.hlf_sync_audit_log where %(mentor)s::uuid is null or mentor_id = %(mentor)s"
            " order by created_at".replace("%(mentor)s", "%s"),
            mentor,
            mentor,
        )

    def is_listed(self, mentor: UUID) -> bool:
        return self.standin.listed()[self.contact_of[mentor]]

    def shown_wrongly(self) -> list[UUID]:
        """Whoever the public sees otherwise than the database wants."""
        listed = self.standin.listed()
        rows = self.rows("select id, status = 'active', dynamics_contact_id from public.peer_mentors")
        return [mentor for mentor, wanted, contact in rows if listed[contact] != wanted]

    def credentials(self, **changes: Any) -> Credentials:
        return credentials(self.standin, **changes)

    @property
    def runner_database(self) -> RunnerDatabase:
        return RunnerDatabase(
            self.database.dsn(self.database.target.server.migrator_dsn), is_embedded=False, psql=None
        )

    def sync(
        self,
        accounts: list[Account] | None = None,
        *,
        once: bool = True,
        is_break_glass: bool = False,
        pace: Pace = QUICK,
        in_flight: int = 52,
    ) -> WebsiteSync:
        return WebsiteSync(
            self.runner_database,
            accounts or [Account(self.credentials(), None)],
            limits=RequestLimits(in_flight),
            once=once,
            is_break_glass=is_break_glass,
            pace=pace,
        )

    def sync_once(self, accounts: list[Account] | None = None, **options: Any) -> Summary:
        async def work() -> Summary:
            async with asyncio.timeout(PATIENCE):
                return await self.sync(accounts, **options).run()

        return asyncio.run(work())

    def sync_until(
        self, reached: Callable[[], bool], then: Callable[[], None] = lambda: None, **options: Any
    ) -> WebsiteSync:
        """The worker as it runs for days, until something is so. Then it is told to stop, `then` follows."""

        async def work() -> WebsiteSync:
            sync = self.sync(once=False, **options)
            async with asyncio.timeout(PATIENCE):
                running = asyncio.create_task(sync.run())
                while not await asyncio.to_thread(reached):
                    assert not running.done(), running.exception()
                    await asyncio.sleep(0.02)
                sync.stopping.set()
                then()
                await running
            return sync

        return asyncio.run(work())


def credentials(standin: StandIn, **changes: Any) -> Credentials:
    values: dict[str, Any] = {
        "url": standin.url,
        "authority": standin.url,
        "tenant_id": standin.entra.tenant_id,
        "client_id": standin.entra.client_id,
        "ca_file": standin.ca_file,
    }
    if "certificate_path" not in changes:
        values["client_secret"] = standin.entra.client_secret
    return Credentials.model_validate(values | changes)


def make_website(database: Database, standin: StandIn, slug: str = "north") -> Website:
    with psycopg.connect(database.dsn(database.target.server.superuser_dsn)) as connection:
        row = connection.execute(
            "insert into public.organisations (slug, name) values (%s, 'North') returning id", (slug,)
        ).fetchone()
    assert row is not None
    return Website(database, standin, row[0])
