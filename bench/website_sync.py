"""Claim and complete: mentors a second of the website sync, beside the same work through other queues.

Each contender gets the same number of pieces of work and finishes them with nothing in between, so that
only the database side is measured. Two of them, `procrastinate` and ours with a batch of one, take one
piece at a time; a queue table with a visibility timeout, as pgmq has it, and ours take fifty. Ours and
procrastinate keep an entry for each attempt; the queue table moves what is done to an archive.
"""

import asyncio
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import procrastinate
import psycopg
from procrastinate.types import JSONValue
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb
from rich.table import Table

from peerledger.database import Connection, Database

ROUNDS = 3
WORKERS = (1, 4, 8)
PIECES = 4000
PIECES_ONE_BY_ONE = 1000
BATCH = 50

Contender = Callable[[int], float]

_QUEUE = """
create schema if not exists bench_queue;
create table bench_queue.messages (
    id bigint generated always as identity primary key,
    read_count int not null default 0,
    enqueued_at timestamptz not null default now(),
    visible_at timestamptz not null default now(),
    body jsonb not null
);
create index messages_visible on bench_queue.messages (visible_at);
create table bench_queue.archive (
    id bigint primary key,
    read_count int not null,
    enqueued_at timestamptz not null,
    visible_at timestamptz not null,
    archived_at timestamptz not null default now(),
    body jsonb not null
);
"""
_MENTORS = """
with organisation as (
    insert into public.organisations (slug, name) values ('bench-sync', 'Bench') returning id
)
insert into public.peer_mentors (organisation_id, display_name, dynamics_contact_id)
select id, 'M', gen_random_uuid() from organisation, generate_series(1, %s)
"""
_MESSAGES = """
insert into bench_queue.messages (body)
select jsonb_build_object('mentor_id', gen_random_uuid()) from generate_series(1, %s)
"""
_READ = """
with due as (
    select id from bench_queue.messages
    where visible_at <= clock_timestamp()
    order by id
    limit %s
    for update skip locked
)
update bench_queue.messages as message
set visible_at = clock_timestamp() + interval '1 minute', read_count = read_count + 1
from due
where message.id = due.id
returning message.id
"""
_ARCHIVE = """
with gone as (delete from bench_queue.messages where id = any(%s) returning *)
insert into bench_queue.archive (id, read_count, enqueued_at, visible_at, body)
select id, read_count, enqueued_at, visible_at, body from gone
"""
_RESET = """
update public.hlf_sync_state
set
    state = case when number <= %s then 'pending' else 'synced' end,
    next_attempt_at = now(), leased_by = null, lease_expires_at = null
from (select mentor_id as id, row_number() over () as number from public.hlf_sync_state) as numbered
where numbered.id = mentor_id
"""
_NO_LOG = """
create or replace function private.log_hlf_sync_attempts(entries public.hlf_sync_audit_log[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as 'begin return; end'
"""
_LOG = "select pg_get_functiondef('private.log_hlf_sync_attempts'::regproc)"


class Bench:
    def __init__(self, opened: Database) -> None:
        # The disk's wait for a commit is the same for everybody; it would only hide the work.
        options = "-c synchronous_commit=off"
        self.conninfo = make_conninfo(opened.conninfo, options=options)
        self.procrastinate_conninfo = make_conninfo(
            opened.conninfo, options=f"{options} -c search_path=bench_procrastinate"
        )
        self.connection: Connection = psycopg.connect(self.conninfo, autocommit=True)
        self.connection.execute(_MENTORS, (PIECES,))
        self.connection.execute(_QUEUE)
        self.connection.execute("create schema bench_procrastinate")
        self.app().schema_manager.apply_schema()
        self.log_function = self.connection.execute(_LOG).fetchone()

    def app(self) -> procrastinate.App:
        app = procrastinate.App(
            connector=procrastinate.SyncPsycopgConnector(conninfo=self.procrastinate_conninfo)
        )
        app.open()
        return app

    # Each returns pieces a second.

    def ours(self, workers: int, pieces: int = PIECES, batch: int = BATCH) -> float:
        self.connection.execute(_RESET, (pieces,))
        self.connection.execute("vacuum analyze public.hlf_sync_state, public.hlf_sync_audit_log")

        def work(number: int) -> int:
            name, done = f"w{number}", 0
            with psycopg.connect(self.conninfo, autocommit=True) as session:
                while claimed := session.execute(
                    "select mentor_id, desired_version from public.claim_hlf_sync(%s, %s, '1 minute')",
                    (name, batch),
                ).fetchall():
                    results = [
                        {
                            "mentor_id": str(mentor),
                            "desired_version": version,
                            "worker": name,
                            "dynamics_response_code": 204,
                            "error_kind": None,
                        }
                        for mentor, version in claimed
                    ]
                    session.execute("select from public.complete_hlf_sync(%s)", (Jsonb(results),))
                    done += len(results)
            return done

        return self._timed(workers, pieces, work)

    def ours_one_by_one(self, workers: int) -> float:
        return self.ours(workers, PIECES_ONE_BY_ONE, 1)

    def ours_beside_an_old_transaction(self, workers: int) -> float:
        """Somebody's transaction has been open for ten rounds: nothing that is dead can be cleaned up."""
        with psycopg.connect(self.conninfo) as old:
            old.execute("set transaction isolation level repeatable read")
            old.execute("select count(*) from public.organisations")
            for _ in range(10):
                self.connection.execute(_RESET, (PIECES,))
            return self.ours(workers)

    def ours_without_the_log(self, workers: int) -> float:
        self.connection.execute(_NO_LOG)
        try:
            return self.ours(workers)
        finally:
            assert self.log_function is not None
            self.connection.execute(self.log_function[0])

    def queue_table(self, workers: int) -> float:
        self.connection.execute("truncate bench_queue.messages, bench_queue.archive")
        self.connection.execute(_MESSAGES, (PIECES,))
        self.connection.execute("vacuum analyze bench_queue.messages")

        def work(_: int) -> int:
            done = 0
            with psycopg.connect(self.conninfo, autocommit=True) as session:
                while claimed := session.execute(_READ, (BATCH,)).fetchall():
                    session.execute(_ARCHIVE, ([row[0] for row in claimed],))
                    done += len(claimed)
            return done

        return self._timed(workers, PIECES, work)

    def procrastinate(self, workers: int) -> float:
        self.connection.execute("truncate bench_procrastinate.procrastinate_jobs cascade")
        app = self.app()
        task = app.task(name="sync")(lambda mentor_id: None)
        jobs: list[dict[str, JSONValue]] = [{"mentor_id": str(number)} for number in range(PIECES_ONE_BY_ONE)]
        task.batch_defer(*jobs)
        app.close()
        self.connection.execute("vacuum analyze bench_procrastinate.procrastinate_jobs")

        async def drain() -> None:
            worker = procrastinate.App(
                connector=procrastinate.PsycopgConnector(
                    conninfo=self.procrastinate_conninfo, min_size=1, max_size=2
                )
            )

            @worker.task(name="sync")
            async def sync(mentor_id: str) -> None:
                return

            async with worker.open_async():
                with suppress(asyncio.CancelledError):
                    await worker.run_worker_async(wait=False, concurrency=1, install_signal_handlers=False)

        def work(_: int) -> int:
            asyncio.run(drain())
            return 0

        rate = self._timed(workers, PIECES_ONE_BY_ONE, work, is_counted=False)
        left = self.connection.execute(
            "select count(*) from bench_procrastinate.procrastinate_jobs where status <> 'succeeded'"
        ).fetchone()
        assert left == (0,)
        return rate

    @staticmethod
    def _timed(workers: int, pieces: int, work: Callable[[int], int], is_counted: bool = True) -> float:
        barrier = threading.Barrier(workers + 1)

        def run(number: int) -> int:
            barrier.wait()
            return work(number)

        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(run, number) for number in range(workers)]
            barrier.wait()
            started = time.perf_counter()
            done = sum(future.result() for future in futures)
            elapsed = time.perf_counter() - started
        assert not is_counted or done == pieces
        return pieces / elapsed


def measure(opened: Database) -> Table:
    bench = Bench(opened)
    contenders: dict[str, Contender] = {
        f"the website sync, {BATCH} at a time": bench.ours,
        "  without its log": bench.ours_without_the_log,
        "  beside an old transaction": bench.ours_beside_an_old_transaction,
        f"a queue table (as pgmq), {BATCH} at a time": bench.queue_table,
        "the website sync, one at a time": bench.ours_one_by_one,
        "procrastinate, one at a time": bench.procrastinate,
    }
    found: dict[tuple[str, int], list[float]] = {}
    shares = []
    for _ in range(ROUNDS):
        for workers in WORKERS:
            rates = {name: contender(workers) for name, contender in contenders.items()}
            for name, rate in rates.items():
                found.setdefault((name, workers), []).append(rate)
            with_log, without = list(rates.values())[:2]
            shares.append(1 - with_log / without)
    bench.connection.close()

    table = Table(
        "claim and complete",
        *(f"{workers} worker{'s' if workers > 1 else ''}" for workers in WORKERS),
        title="mentors a second: median (lowest to highest)",
        caption=f"The log's share of an attempt's time: {statistics.median(shares):.0%}"
        f" ({min(shares):.0%} to {max(shares):.0%})",
    )
    for name in contenders:
        cells = []
        for workers in WORKERS:
            rates_found = found[name, workers]
            cells.append(
                f"{statistics.median(rates_found):,.0f} ({min(rates_found):,.0f} to {max(rates_found):,.0f})"
            )
        table.add_row(name, *cells)
    return table
