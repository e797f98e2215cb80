"""What one server carries, and what grows how: absolute figures, so the machine is printed with them.

Not ratios as elsewhere: the question is how far a server is from its end. Clients are sessions that become
`authenticated` with a mentor's claims in each transaction, as PostgREST's do; HTTP itself is not in it.
"""

import hashlib
import json
import os
import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from rich.console import Group
from rich.table import Table

from peerledger import nightly, seal, status
from peerledger.database import Connection, Database

ORGANISATIONS = 20
MENTORS = 10_000
BADGES = 20
HISTORY = 1_000_000
"""Activities that are there already, over two years."""
SESSIONS = (1, 2, 4, 8, 16)
SECONDS = 8.0
ALONE, PROXY, CHANGED = 10_000, 3_000, 3_000

_PREPARE = f"""
insert into public.organisations (id, slug, name)
select md5('organisation ' || number)::uuid, 'scale-' || number, 'Scale'
from generate_series(0, {ORGANISATIONS} - 1) as number;
insert into public.coordinator_assignments (organisation_id, user_id)
select md5('organisation ' || number)::uuid, md5('coordinator ' || number)::uuid
from generate_series(0, {ORGANISATIONS} - 1) as number;
insert into public.peer_mentors (id, organisation_id, user_id, display_name, created_at)
select
    md5('mentor ' || number)::uuid, md5('organisation ' || number % {ORGANISATIONS})::uuid,
    md5('user ' || number)::uuid, 'Scale', now() - interval '3 years'
from generate_series(0, {MENTORS} - 1) as number;
insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
select mentor.organisation_id, mentor.id, current_date - 400, current_date + (number % 700)::int
from (
    select *, row_number() over (order by id) as number from public.peer_mentors
) as mentor;
insert into public.badge_definitions (organisation_id, slug, name, criteria)
select
    organisation.id, 'badge-' || number, 'Badge ' || number,
    case number % 5
        when 0 then jsonb_build_object('metric', 'activity_count', 'at_least', number * 15)
        when 1 then jsonb_build_object('metric', 'minutes_total', 'at_least', number * 600)
        when 2 then jsonb_build_object('metric', 'distinct_days', 'at_least', number * 12)
        when 3 then jsonb_build_object('metric', 'activity_count', 'at_least', number + 8, 'within_days', 30)
        else jsonb_build_object('metric', 'consecutive_weeks', 'at_least', number * 3)
    end
from public.organisations as organisation, generate_series(1, {BADGES}) as number;
"""
# Mentor by mentor, as a file is loaded: in statements that are neither small nor huge.
_HISTORY = f"""
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select
    md5('organisation ' || mentor %% {ORGANISATIONS})::uuid, md5('mentor ' || mentor)::uuid,
    (array['visit', 'phone_call', 'group_meeting'])[1 + number %% 3],
    current_date - 730 + (number * 730 / %(each)s)::int, 30 + number %% 60
from generate_series(%(first)s::int, %(last)s::int) as mentor, generate_series(0, %(each)s::int - 1) as number
"""
_ALONE = f"""
do $$
begin
    for v_number in 1 .. {ALONE} loop
        insert into public.activities (
            organisation_id, mentor_id, activity_type, occurred_on, duration_minutes
        )
        select organisation_id, id, 'visit', current_date - v_number % 7, 30
        from public.peer_mentors
        where id = md5('mentor ' || (v_number * 7919) % {MENTORS})::uuid;
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
            'sub', md5('coordinator ' || v_number % {ORGANISATIONS})::uuid, 'role', 'authenticated'
        )::text, true);
        perform public.register_proxy_activity(
            md5('mentor ' || v_number)::uuid, 'phone_call', current_date - 1 - v_number % 5, 25
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


def measure(opened: Database) -> Group:
    with opened.connect(autocommit=True, statement_seconds=0) as connection:
        for statement in _PREPARE.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        began = time.monotonic()
        each = HISTORY // MENTORS
        for first in range(0, MENTORS, 200):
            connection.execute(_HISTORY.encode(), {"first": first, "last": first + 199, "each": each})
        loaded = HISTORY / (time.monotonic() - began)
        # As if it had come in a month ago: a night looks at what was written since the last one.
        connection.execute("set session_replication_role = replica")
        connection.execute("update public.activities set updated_at = now() - interval '1 month'")
        connection.execute("reset session_replication_role")
        connection.execute("vacuum full public.activities")
        growth, size = _growth(opened, connection)
    return Group(_machine(opened, size, loaded), growth, _throughput(opened), _nights(opened))


# What grows. --------------------------------------------------------------------------------------------


def _growth(opened: Database, connection: Connection) -> tuple[Table, int]:
    table = Table("what", "bytes each", "of which", title="What grows how, with all indexes")
    table.columns[1].justify = "right"
    _sizes(connection)
    for name, script, rows in (
        ("an activity of the mentor's own", _ALONE, ALONE),
        ("an activity by proxy, by the RPC", _PROXY, PROXY),
        ("an activity changed", _CHANGED, CHANGED),
    ):
        before = _sizes(connection)
        connection.execute(script.encode())
        after = _sizes(connection)
        grown = {key: (after[key] - before.get(key, 0)) / rows for key in after}
        _add(table, name, grown)
    before = _sizes(connection)
    sealed = seal.seal(opened).entries
    after = _sizes(connection)
    _add(
        table,
        f"a log entry, sealed (of {sealed:,})",
        {key: (after[key] - before[key]) / sealed for key in after},
    )
    row = connection.execute("select pg_database_size(current_database())").fetchone()
    assert row is not None
    return table, int(row[0])


def _add(table: Table, name: str, grown: dict[str, float]) -> None:
    shares = sorted(((size, key) for key, size in grown.items() if size >= 8), reverse=True)
    table.add_row(
        name, f"{sum(grown.values()):,.0f}", ", ".join(f"{key} {size:,.0f}" for size, key in shares)
    )


def _sizes(connection: Connection) -> dict[str, int]:
    # What updates left behind is room for the next ones, and no growth.
    connection.execute("vacuum")
    return {name: int(size) for name, size in connection.execute(_SIZES.encode()).fetchall()}


# What it carries. -----------------------------------------------------------------------------------------


@dataclass
class Client:
    """One session; each call is a transaction of a mentor's."""

    connection: psycopg.Connection
    random: random.Random
    seconds: list[float] = field(default_factory=list)

    def work(self, call: Callable[["Client", int], None], until: float) -> None:
        while time.monotonic() < until:
            mentor = self.random.randrange(MENTORS)
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
        client.become(_id(f"user {mentor}"))
        client.connection.execute(
            "insert into public.activities "
            "(organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) "
            "values (%s, %s, 'visit', current_date - %s::int, 45)",
            (
                _id(f"organisation {mentor % ORGANISATIONS}"),
                _id(f"mentor {mentor}"),
                client.random.randrange(7),
            ),
        )


def _read_progress(client: Client, mentor: int) -> None:
    with client.connection.transaction():
        client.become(_id(f"user {mentor}"))
        client.connection.execute(
            "select * from public.get_badge_progress(%s)", (_id(f"mentor {mentor}"),)
        ).fetchall()


def _read_log(client: Client, mentor: int) -> None:
    organisation = mentor % ORGANISATIONS
    with client.connection.transaction():
        client.become(_id(f"coordinator {organisation}"))
        client.connection.execute(
            "select * from public.badge_evaluation_logs where org_id = %s "
            "order by triggered_at desc limit 50",
            (_id(f"organisation {organisation}"),),
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


def _id(word: str) -> str:
    return str(uuid.UUID(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()))


def _nights(opened: Database) -> Table:
    table = Table("the night", "seconds", title=f"A night of {MENTORS:,} mentors, and status")
    table.columns[1].justify = "right"
    for result in nightly.run(opened):
        table.add_row(result.name, f"{result.seconds:.1f}")
    began = time.monotonic()
    status.read(opened)
    table.add_row("peerledger status", f"{time.monotonic() - began:.1f}")
    return table


def _machine(opened: Database, size: int, loaded: float) -> Table:
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
    for name, row in settings.items():
        table.add_row(name, str(row[0]) if row else "")
    table.add_row("processors, clients and server together", str(os.cpu_count()))
    table.add_row("load of the machine before and now", "{:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg()))
    table.add_row(
        "there",
        f"{MENTORS:,} mentors, {ORGANISATIONS} organisations, {BADGES} badges each, {HISTORY:,} activities",
    )
    table.add_row("the history went in at", f"{loaded:,.0f} activities a second, in statements of 20,000")
    table.add_row("the database then", f"{size / 2**20:,.0f} MiB")
    return table
