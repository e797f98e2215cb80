"""`make bench-scale`: what grows with the database, and what one server carries; ten minutes.

Each question is asked in a small database and in one that holds forty times as much: what is by key should
take the same there, and nothing longer than a client may wait. What a server carries are absolute figures, so
the machine is printed with them. Clients are sessions that become `authenticated` with a mentor's claims in
each transaction, as PostgREST's do; HTTP itself is not in it.
"""

import json
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from rich.table import Table

from bench import new_database
from bench.years import CHAPTER, COORDINATOR, FACTOR, FIVE, MENTOR, ORGANISATIONS, SMALL, fill, identity
from peerledger import nightly, seal, status
from peerledger.database import Connection, Database

LARGE = SMALL.times(FACTOR)
SESSIONS = (1, 4, 8)
SECONDS = 8.0
ALONE, PROXY, CHANGED = 10_000, 3_000, 3_000
LIMIT_SECONDS = 8
"""After which Supabase cancels a statement of `authenticated`."""

_ALONE = f"""
do $$
begin
    for v_number in 1 .. {ALONE} loop
        insert into public.activities (
            organisation_id, mentor_id, activity_type, occurred_on, duration_minutes
        )
        select organisation_id, id, 'visit', current_date - v_number % 7, 30
        from public.peer_mentors
        where id = md5('mentor ' || (v_number * 7919) % {LARGE.mentors})::uuid;
        commit;
    end loop;
end
$$
"""
_PROXY = f"""
do $$
begin
    for v_number in 1 .. {PROXY} loop
        perform set_config('request.jwt.claims', json_build_object(
            'sub', md5('coordinator 0')::uuid, 'role', 'authenticated'
        )::text, true);
        perform public.register_proxy_activity(
            md5('mentor ' || v_number * 5 % {LARGE.mentors})::uuid, 'phone_call',
            current_date - 1 - v_number % 5, 25
        );
        commit;
    end loop;
end
$$
"""
_CHANGED = f"""
do $$
declare
    v_ids uuid[] := array(select id from public.activities order by md5(id::text) limit {CHANGED});
begin
    for v_number in 1 .. {CHANGED} loop
        update public.activities set duration_minutes = 31 where id = v_ids[v_number];
        commit;
    end loop;
end
$$
"""
_SIZES = """
select
    coalesce(parent.relname, class.relname), sum(pg_total_relation_size(class.oid))::bigint
from pg_class as class
left join pg_inherits as piece on piece.inhrelid = class.oid
left join pg_class as parent on parent.oid = piece.inhparent
where class.relkind = 'r' and class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
group by 1
"""


def measure(opened: Database) -> Iterator[Table]:
    """One table after the other: the next may take minutes."""
    small = new_database(opened, "bench_scale_small")
    fill(small, SMALL)
    began = time.monotonic()
    fill(opened, LARGE)
    yield _machine(opened, time.monotonic() - began)
    yield _ask(small, opened)
    yield _growth(opened)
    yield _throughput(opened)
    yield _night(opened)
    yield _hot(opened)


# What is asked. -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    name: str
    query: str
    caller: str | None = COORDINATOR
    is_by_key: bool = True
    """Whether the answer is a row or a page: then it should take the same in both."""
    rounds: int = 5


_YEAR = "(current_date - interval '1 year')::date, current_date"
QUESTIONS = (
    Question(
        "a mentor registers an activity",
        "insert into public.activities "
        "(organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) "
        "select organisation_id, id, 'visit', current_date - (random() * 6)::int, 1 from public.peer_mentors "
        f"where user_id = '{MENTOR}' returning id",
        MENTOR,
        rounds=40,
    ),
    Question(
        "a coordinator of the organisation registers one by proxy",
        "select * from public.register_proxy_activity("
        "(select id from public.peer_mentors where organisation_id = md5('org 0')::uuid limit 1 offset 7), "
        "'visit', current_date, 30)",
        rounds=20,
    ),
    Question(
        "a coordinator of a chapter registers one by proxy",
        "select * from public.register_proxy_activity("
        "(select id from public.peer_mentors where chapter_id = md5('chapter 0 0')::uuid limit 1 offset 3), "
        "'visit', current_date, 30)",
        CHAPTER,
        rounds=20,
    ),
    Question(
        "an activity is voided",
        "update public.activities set voided_at = now() where id = ("
        "select id from public.activities where mentor_id = md5('mentor 0')::uuid and voided_at is null "
        "order by occurred_on limit 1) returning id",
        None,
        rounds=10,
    ),
    *(
        Question(
            f"first page of {log}, {who}",
            f'select * from public.{log} order by "{column}" desc limit 50',
            caller,
        )
        for log, column in (
            ("badge_evaluation_logs", "triggered_at"),
            ("proxy_audit_log", "timestamp"),
            ("hlf_sync_audit_log", "created_at"),
        )
        for who, caller in (("one organisation", COORDINATOR), ("five", FIVE))
    ),
    Question(
        "proxy log of one mentor, a page",
        "select * from public.proxy_audit_log where attributed_mentor_id = md5('mentor 5')::uuid "
        'order by "timestamp" desc limit 50',
    ),
    Question(
        "badge progress of one mentor", "select * from public.get_badge_progress(md5('mentor 5')::uuid)"
    ),
    Question(
        "audit history of one mentor", "select * from public.get_mentor_audit_history(md5('mentor 5')::uuid)"
    ),
    Question("duplicate transitions", "select * from public.find_duplicate_transitions()", is_by_key=False),
    Question("missed nights", "select * from public.find_missed_nights()", None, is_by_key=False),
    Question(
        "compliance report of a year, a small organisation",
        f"select public.get_compliance_report(md5('org 3')::uuid, {_YEAR})",
        FIVE,
        is_by_key=False,
        rounds=3,
    ),
    Question(
        "compliance report of a year, the largest organisation",
        f"select public.get_compliance_report(md5('org 0')::uuid, {_YEAR})",
        is_by_key=False,
        rounds=3,
    ),
    Question(
        "grant summary of a year, the largest organisation",
        f"select * from public.get_grant_summary(md5('org 0')::uuid, {_YEAR})",
        is_by_key=False,
        rounds=3,
    ),
    Question(
        "summary of the sync log, six years",
        "select * from public.get_hlf_sync_audit_summary("
        "md5('org 0')::uuid, (current_date - interval '6 years')::date, current_date)",
        is_by_key=False,
        rounds=3,
    ),
    Question(
        "preview of a badge, the largest organisation",
        "select * from public.preview_badge(md5('org 0')::uuid, "
        '\'{"metric": "distinct_days", "at_least": 40}\')',
        is_by_key=False,
        rounds=3,
    ),
    Question(
        "organisation status", "select public.get_organisation_status(md5('org 0')::uuid)", is_by_key=False
    ),
)


@contextmanager
def _session(opened: Database, caller: str | None) -> Iterator[psycopg.Connection]:
    with psycopg.connect(opened.conninfo, autocommit=True) as connection:
        connection.execute("set jit = off")
        if caller is not None:
            connection.execute("set role authenticated")
            connection.execute(
                "select set_config('request.jwt.claims', %s, false)",
                (json.dumps({"sub": caller, "role": "authenticated"}),),
            )
        yield connection


def milliseconds(opened: Database, question: Question) -> float:
    with _session(opened, question.caller) as connection:
        taken = []
        for _ in range(question.rounds + 1):
            began = time.perf_counter()
            connection.execute(question.query.encode()).fetchall()
            taken.append((time.perf_counter() - began) * 1000)
    # The first finds nothing in memory.
    return statistics.median(taken[1:])


def _ask(small: Database, large: Database) -> Table:
    table = Table(
        "question",
        "small ms",
        "large ms",
        "large : small",
        title=f"{FACTOR} times as much: at most 1.5 for what is by key, at most {FACTOR} for the rest",
    )
    for question in QUESTIONS:
        figures = [milliseconds(database, question) for database in (small, large)]
        ratio = figures[1] / figures[0]
        notes = [
            "" if ratio <= (1.5 if question.is_by_key else FACTOR) else "!",
            "" if figures[1] < LIMIT_SECONDS * 1000 else "over the limit",
        ]
        table.add_row(
            question.name, *(f"{each:,.1f}" for each in figures), f"{ratio:.1f} {' '.join(notes)}".strip()
        )
    return table


# What grows. --------------------------------------------------------------------------------------------


def _growth(opened: Database) -> Table:
    table = Table("what", "bytes each", "of which", title="What grows how, with all indexes")
    table.columns[1].justify = "right"
    with opened.connect(autocommit=True, statement_seconds=0) as connection:
        _sizes(connection)
        for name, script, rows in (
            ("an activity of the mentor's own", _ALONE, ALONE),
            ("an activity by proxy, by the RPC", _PROXY, PROXY),
            ("an activity changed", _CHANGED, CHANGED),
        ):
            before = _sizes(connection)
            connection.execute(script.encode())
            after = _sizes(connection)
            _add(table, name, {key: (after[key] - before.get(key, 0)) / rows for key in after})
        before = _sizes(connection)
        sealed = seal.seal(opened).entries
        after = _sizes(connection)
    _add(
        table,
        f"a log entry, sealed (of {sealed:,})",
        {key: (after[key] - before[key]) / sealed for key in after},
    )
    return table


def _add(table: Table, name: str, grown: dict[str, float]) -> None:
    shares = sorted(((size, key) for key, size in grown.items() if size >= 8), reverse=True)
    table.add_row(
        name, f"{sum(grown.values()):,.0f}", ", ".join(f"{key} {size:,.0f}" for size, key in shares)
    )


def _sizes(connection: Connection) -> dict[str, int]:
    # What updates left behind is room for the next ones, and no growth.
    connection.execute("vacuum")
    return {name: int(size) for name, size in connection.execute(_SIZES.encode()).fetchall()}


def _hot(opened: Database) -> Table:
    """Updates that touch no index leave nothing for vacuum to clean in one; since the database was made."""
    table = Table("table", "updates", "HOT", "dead rows", title="Updates")
    with opened.connect() as connection:
        for row in connection.execute(
            "select relname, n_tup_upd, n_tup_hot_upd, n_dead_tup from pg_stat_user_tables "
            "where n_tup_upd > 1000 order by n_tup_upd desc"
        ).fetchall():
            table.add_row(row[0], f"{row[1]:,}", f"{row[2] / row[1]:.0%}", f"{row[3]:,}")
    return table


# What it carries. -----------------------------------------------------------------------------------------


@dataclass
class Client:
    """One session; each call is a transaction of a mentor's."""

    connection: psycopg.Connection
    random: random.Random
    seconds: list[float] = field(default_factory=list)

    def work(self, call: Callable[["Client", int], None], until: float) -> None:
        while time.monotonic() < until:
            mentor = self.random.randrange(LARGE.mentors)
            began = time.monotonic()
            call(self, mentor)
            self.seconds.append(time.monotonic() - began)

    def become(self, user: str) -> None:
        claims = json.dumps({"sub": user, "role": "authenticated"})
        self.connection.execute(
            "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true)",
            (claims,),
        )


def _register(client: Client, mentor: int) -> None:
    with client.connection.transaction():
        client.become(identity(f"user {mentor}"))
        client.connection.execute(
            "insert into public.activities "
            "(organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) "
            "select organisation_id, id, 'visit', current_date - %s::int, 45 "
            "from public.peer_mentors where id = %s",
            (client.random.randrange(7), identity(f"mentor {mentor}")),
        )


def _register_by_proxy(client: Client, mentor: int) -> None:
    with client.connection.transaction():
        client.become(COORDINATOR)
        # Of the first organisation.
        client.connection.execute(
            "select public.register_proxy_activity(%s, 'visit', current_date - %s::int, 45)",
            (identity(f"mentor {mentor // 5 * 5}"), client.random.randrange(7)),
        )


def _read_progress(client: Client, mentor: int) -> None:
    with client.connection.transaction():
        client.become(identity(f"user {mentor}"))
        client.connection.execute(
            "select * from public.get_badge_progress(%s)", (identity(f"mentor {mentor}"),)
        ).fetchall()


def _read_log(client: Client, mentor: int) -> None:
    organisation = mentor % ORGANISATIONS
    with client.connection.transaction():
        client.become(identity(f"coordinator {organisation}"))
        client.connection.execute(
            "select * from public.badge_evaluation_logs where org_id = %s "
            "order by triggered_at desc limit 50",
            (identity(f"org {organisation}"),),
        ).fetchall()


def _throughput(opened: Database) -> Table:
    table = Table(
        "what",
        "sessions",
        "a second",
        "median ms",
        "99 % within ms",
        title=f"What it carries, {SECONDS:.0f} s each",
    )
    for name, call in (
        ("a mentor registers an activity", _register),
        ("a coordinator registers one by proxy", _register_by_proxy),
        ("a mentor reads their badges", _read_progress),
        ("a coordinator reads a page of a log", _read_log),
    ):
        for sessions in SESSIONS:
            seconds, elapsed = _run(opened, call, sessions)
            table.add_row(
                name,
                str(sessions),
                f"{len(seconds) / elapsed:,.0f}",
                f"{statistics.median(seconds) * 1000:.1f}",
                f"{statistics.quantiles(seconds, n=100)[98] * 1000:.0f}",
            )
    return table


def _run(opened: Database, call: Callable[[Client, int], None], sessions: int) -> tuple[list[float], float]:
    clients = [
        Client(psycopg.connect(opened.conninfo, autocommit=True), random.Random(number))
        for number in range(sessions)
    ]
    try:
        began = time.monotonic()
        threads = [threading.Thread(target=client.work, args=(call, began + SECONDS)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.monotonic() - began
    finally:
        for client in clients:
            client.connection.close()
    return [each for client in clients for each in client.seconds], elapsed


def _night(opened: Database) -> Table:
    """A night after a day on which every mentor registered something, and a mentor who does so meanwhile."""
    with opened.connect(autocommit=True, statement_seconds=0) as connection:
        connection.execute(
            b"insert into public.activities "
            b"(organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) "
            b"select organisation_id, id, 'visit', current_date, 20 from public.peer_mentors"
        )
    # Of the largest organisation, and among those whom the night looks at.
    alone = _registering(opened, lambda: time.sleep(SECONDS))
    table = Table("the night", "seconds", title=f"A night of {LARGE.mentors:,} active mentors, and status")
    table.columns[1].justify = "right"
    results: list[nightly.Result] = []
    meanwhile = _registering(opened, lambda: results.extend(nightly.run(opened)))
    for result in results:
        table.add_row(result.name, f"{result.seconds:.1f}")
    began = time.monotonic()
    status.read(opened)
    table.add_row("peerledger status", f"{time.monotonic() - began:.1f}")
    for name, seconds in (("alone", alone), ("during the night", meanwhile)):
        table.add_row(
            f"a mentor registers, {name}: median, 99 % within, longest (ms)",
            ", ".join(
                f"{figure * 1000:.1f}"
                for figure in (
                    statistics.median(seconds),
                    statistics.quantiles(seconds, n=100)[98],
                    max(seconds),
                )
            ),
        )
    return table


def _registering(opened: Database, meanwhile: Callable[[], object]) -> list[float]:
    """How long each of a mentor's registrations took, twenty a second, while something else runs."""
    seconds: list[float] = []
    is_over = threading.Event()

    def register() -> None:
        with _session(opened, MENTOR) as connection:
            while not is_over.is_set():
                began = time.monotonic()
                connection.execute(QUESTIONS[0].query.encode()).fetchall()
                seconds.append(time.monotonic() - began)
                is_over.wait(0.05)

    thread = threading.Thread(target=register)
    thread.start()
    try:
        meanwhile()
    finally:
        is_over.set()
        thread.join()
    return seconds


def _machine(opened: Database, filled: float) -> Table:
    table = Table("conditions", "", title="On what this was measured")
    with opened.connect() as connection:
        settings = {
            name: connection.execute(f"show {name}".encode()).fetchone()
            for name in (
                "server_version",
                "shared_buffers",
                "fsync",
                "synchronous_commit",
                "random_page_cost",
            )
        }
        size = connection.execute("select pg_size_pretty(pg_database_size(current_database()))").fetchone()
    for name, row in settings.items():
        table.add_row(name, str(row[0]) if row else "")
    table.add_row("processors, clients and server together", str(os.cpu_count()))
    table.add_row("load of the machine before and now", "{:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg()))
    table.add_row(
        "there",
        f"{LARGE.mentors:,} mentors, {ORGANISATIONS} organisations, {LARGE.activities:,} activities, "
        f"{LARGE.evaluations:,} evaluations, {LARGE.other_entries:,} entries of each other log, six years",
    )
    table.add_row("filled and sealed in", f"{filled:,.0f} s")
    table.add_row("the database then", size[0] if size else "")
    return table
