"""Requests a second to the stand-in for Dynamics, which runs in a process of its own."""

import asyncio
import multiprocessing
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from uuid import UUID

import httpx
from rich.table import Table

from peerledger.database import Database
from peerledger.dynamics.auth import TokenSource
from peerledger.dynamics.client import API, DynamicsClient
from peerledger.dynamics.credentials import Account, Credentials
from peerledger.dynamics.limits import RequestLimits
from peerledger.website_sync import WebsiteSync
from standin import Fault, StandIn

ROUNDS = 3
REQUESTS = 1_000
IN_FLIGHT = 52
LATENCY = 0.1
# The window of 6,000 in five minutes would be all there is to see.
UNLIMITED = 10**9


def _serve(pipe: Connection, contacts: Sequence[UUID]) -> None:
    with StandIn() as standin:
        for contact in contacts:
            standin.add_contact(contact)
        settings = standin.settings().items()
        pipe.send({name.removeprefix("PEERLEDGER_DYNAMICS_").lower(): value for name, value in settings})
        while (latency := pipe.recv()) is not None:
            standin.faults.always = Fault(latency=latency) if latency else None
            standin.journal.clear()
            pipe.send(None)


@contextmanager
def _standin(contacts: Sequence[UUID]) -> Iterator[tuple[Credentials, Callable[[float], None]]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, contacts))
    process.start()

    def answer_after(seconds: float) -> None:
        ours.send(seconds)
        ours.recv()

    try:
        yield Credentials.model_validate(ours.recv()), answer_after
    finally:
        ours.send(None)
        process.join()


def _limits(in_flight: int) -> RequestLimits:
    return RequestLimits(in_flight, per_window=UNLIMITED)


async def _by_client(credentials: Credentials, contacts: Sequence[UUID], in_flight: int) -> float:
    limits = _limits(in_flight)
    tokens = TokenSource(credentials)
    async with DynamicsClient(credentials, tokens, limits) as client:
        token = await tokens.token()

        async def one(contact: UUID) -> int | None:
            async with limits.request():
                return (await client.set_listed(contact, True, token)).code

        return await _rate(one, contacts)


async def _by_one_pool(credentials: Credentials, contacts: Sequence[UUID]) -> float:
    token = await TokenSource(credentials).token()
    address = f"{credentials.url}{API}{credentials.entity_set}"
    async with httpx.AsyncClient(
        verify=credentials.tls(),
        limits=httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT),
        headers={"Authorization": f"Bearer {token}", "If-Match": "*"},
        timeout=60,
    ) as http:
        turn = asyncio.Semaphore(IN_FLIGHT)

        async def one(contact: UUID) -> int | None:
            async with turn:
                answer = await http.patch(f"{address}({contact})", json={"hlf_listed": True})
                return answer.status_code

        return await _rate(one, contacts)


async def _rate(one: Callable[[UUID], Awaitable[int | None]], contacts: Sequence[UUID]) -> float:
    """Without the handshakes, which a worker that runs for days does not notice."""
    await asyncio.gather(*(one(contact) for contact in contacts[: 2 * IN_FLIGHT]))
    began = time.perf_counter()
    codes = await asyncio.gather(*(one(contact) for contact in contacts))
    assert set(codes) == {204}
    return len(codes) / (time.perf_counter() - began)


async def _by_worker(opened: Database, credentials: Credentials) -> float:
    sync = WebsiteSync(opened, [Account(credentials, None)], limits=_limits(IN_FLIGHT), once=True)
    began = time.perf_counter()
    summary = await sync.run()
    assert (summary.removed + summary.restored, summary.is_good) == (REQUESTS, True)
    return REQUESTS / (time.perf_counter() - began)


def measure(opened: Database) -> Table:
    table = Table("requests a second", "median", "lowest", "highest", title=f"{REQUESTS:,} requests each")
    contacts = [uuid.uuid4() for _ in range(REQUESTS)]
    with opened.connect(autocommit=True) as connection, _standin(contacts) as (credentials, answer_after):
        connection.execute(
            """
            with organisation as (
                insert into public.organisations (slug, name) values ('bench-dynamics', 'Bench') returning id
            )
            insert into public.peer_mentors (organisation_id, display_name, dynamics_contact_id)
            select organisation.id, 'bench', contact from organisation, unnest(%s::uuid[]) as contact
            """,
            (contacts,),
        )

        def all_at_once() -> float:
            return asyncio.run(_by_client(credentials, contacts, IN_FLIGHT))

        def by_worker() -> float:
            rate = asyncio.run(_by_worker(opened, credentials))
            connection.execute(
                "update public.peer_mentors"
                " set status ="
                " case when status = 'active' then 'paused' else 'active' end::public.mentor_status"
                " where display_name = 'bench'"
            )
            return rate

        ways: list[tuple[str, float, Callable[[], float]]] = [
            ("one at a time", 0, lambda: asyncio.run(_by_client(credentials, contacts[:200], 1))),
            ("52 in flight", 0, all_at_once),
            ("52 in flight, one httpx pool", 0, lambda: asyncio.run(_by_one_pool(credentials, contacts))),
            ("52 in flight, each answered after 0.1 s (at most 520)", LATENCY, all_at_once),
            ("the worker: claimed, sent, written back", 0, by_worker),
        ]
        found: dict[str, list[float]] = {name: [] for name, _, _ in ways}
        for _ in range(ROUNDS):
            for name, latency, way in ways:
                answer_after(latency)
                found[name].append(way())
    for name, rates in found.items():
        table.add_row(
            name, *(f"{figure:,.0f}" for figure in (statistics.median(rates), min(rates), max(rates)))
        )
    return table
