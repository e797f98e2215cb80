"""The expiry run against the bare update and inserts of the same rows, in turn, each rolled back."""

import statistics
import time
from collections.abc import Callable

import psycopg
from rich.table import Table

from peerledger.database import Connection, Database

ROUNDS = 5
MENTORS = 100_000
EXPIRING = 10_000
REMINDED = 10_000
AS_OF = "2026-03-01"

_PREPARE = """
insert into public.organisations (id, slug, name)
select md5('bench' || number)::uuid, 'bench-certifications-' || number, 'Bench'
from generate_series(1, 10) as number;

insert into public.coordinator_assignments (organisation_id, user_id)
select md5('bench' || number)::uuid, gen_random_uuid() from generate_series(1, 10) as number;

insert into public.peer_mentors (id, organisation_id, user_id, display_name)
select md5('mentor' || number)::uuid, md5('bench' || number % 10 + 1)::uuid, gen_random_uuid(), 'M'
from generate_series(1, {mentors}) as number;

-- Everybody has one that ran out long ago, and the one that counts.
insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
select
    md5('bench' || number % 10 + 1)::uuid, md5('mentor' || number)::uuid,
    term.expires_on - 730, term.expires_on
from generate_series(1, {mentors}) as number
cross join lateral (
    values
    (date '2024-03-01'),
    (
        date '{as_of}' + case
            when number <= {expiring} then -1
            when number <= {near} then number % 31
            else 31 + number % 700
        end
    )
) as term (expires_on);

create table bench_due as
select due.*
from generate_series(0, {mentors}, 1000) as page (first_row)
cross join lateral public.simulate_certification_expiry('{as_of}', 1000, page.first_row) as due;
"""
# Every row that a run leaves behind, from a list that is there already.
_BARE = """
update public.peer_mentors as mentor
set status = 'expired_cert', status_changed_at = clock_timestamp()
from bench_due as due
where mentor.id = due.mentor_id and due.event_type = 'status_transitioned';

insert into public.mentor_status_changes (
    organisation_id, mentor_id, old_status, new_status, changed_at, cause, run_id
)
select organisation_id, mentor_id, old_status, new_status, clock_timestamp(), 'expiry_run', md5('run')::uuid
from bench_due
where event_type = 'status_transitioned';

insert into public.cert_expiry_reminders (
    organisation_id, mentor_id, certification_id, threshold_day, certification_expiry_date, run_id
)
select organisation_id, mentor_id, certification_id, threshold_days, expires_on, md5('run')::uuid
from bench_due
where event_type = 'reminder_dispatched';

insert into public.notifications (
    organisation_id, recipient_user_id, recipient_mentor_id, kind, payload, dedupe_key
)
select
    due.organisation_id,
    recipient.user_id,
    case when recipient.user_id is null then due.mentor_id end,
    case due.event_type
        when 'status_transitioned' then 'certification_expired' else 'certification_reminder'
    end,
    jsonb_build_object(
        'mentor_id', due.mentor_id, 'certification_id', due.certification_id, 'expires_on', due.expires_on
    ),
    concat_ws(':', due.event_type, due.mentor_id, due.expires_on, due.threshold_days, recipient.user_id)
from bench_due as due
inner join (
    select organisation_id, user_id from public.coordinator_assignments
    union all
    select id, null from public.organisations
) as recipient on recipient.organisation_id = due.organisation_id;

insert into public.certification_expiry_audit_log (
    run_id, mentor_id, certification_id, event_type, old_status, new_status, threshold_days,
    organisation_id
)
select
    md5('run')::uuid, mentor_id, certification_id, event_type, old_status, new_status, threshold_days,
    organisation_id
from bench_due;
"""
_RUN = "select public.run_certification_expiry('{as_of}')"
_ROWS = """
select
    (select count(*) from public.peer_mentors where status = 'expired_cert'),
    (select count(*) from public.mentor_status_changes),
    (select count(*) from public.cert_expiry_reminders),
    (select count(*) from public.notifications),
    (select count(*) from public.certification_expiry_audit_log)
"""


def measure(opened: Database) -> Table:
    bare, first, again = [], [], []
    with opened.connect(autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        connection.execute(_filled(_PREPARE))
        for number in range(ROUNDS + 1):
            connection.execute("vacuum analyze")
            connection.execute("alter table public.peer_mentors disable trigger user")
            with connection.transaction(force_rollback=True):
                bare.append(_seconds(connection, _BARE))
                expected = connection.execute(_ROWS).fetchone()
            connection.execute("alter table public.peer_mentors enable trigger user")
            connection.execute("vacuum analyze")
            # The second run finds the first one's work, committed or not.
            with connection.transaction(force_rollback=True):
                first.append(_seconds(connection, _RUN))
                if connection.execute(_ROWS).fetchone() != expected:
                    raise RuntimeError("the run and the bare statements do not leave the same rows")
                again.append(_seconds(connection, _RUN))
            if number == 0:  # to warm up
                bare, first, again = [], [], []
        connection.execute("drop table bench_due")
    table = Table(
        "expiry run",
        "median",
        "lowest",
        "highest",
        title=f"{MENTORS:,} mentors, {EXPIRING:,} expiring, {REMINDED:,} reminders",
    )
    ratio = "{:.2f}".format
    _row(table, "bare update and inserts, seconds", bare, "{:.2f}".format)
    _row(table, "the run : the bare statements", [a / b for a, b in zip(first, bare, strict=True)], ratio)
    _row(table, "the second run : the first", [a / b for a, b in zip(again, first, strict=True)], ratio)
    return table


def _filled(statements: str) -> bytes:
    return statements.format(
        mentors=MENTORS, expiring=EXPIRING, near=EXPIRING + REMINDED, as_of=AS_OF
    ).encode()


def _seconds(connection: Connection | psycopg.Connection, statements: str) -> float:
    started = time.perf_counter()
    connection.execute(_filled(statements))
    return time.perf_counter() - started


def _row(table: Table, name: str, found: list[float], text: Callable[[float], str]) -> None:
    table.add_row(name, *(text(figure) for figure in (statistics.median(found), min(found), max(found))))
