"""Work stays proportional to what is asked, also where the statistics call every table empty.

So it is where a table is analyzed between being emptied and being filled again: pg_class then has pages and no
rows, whatever the table grows to, every way to read it costs the planner the same, and a join may read all of one
table for each row of the other. Counted are the rows that were read, not the time that it took.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from conftest import Database

pytestmark = pytest.mark.two_targets

MENTORS = 1000
# Each mentor has a dozen rows in all, of which an operation reads some several times. Each with each is a million.
ROWS_A_MENTOR = 150

_ORGANISATION = "md5('organisation')::uuid"
_COORDINATOR = "md5('coordinator')::uuid"
_FILL = f"""
insert into public.organisations (id, slug, name) values ({_ORGANISATION}, 'stale', 'Stale');
insert into public.coordinator_assignments (organisation_id, user_id) values ({_ORGANISATION}, {_COORDINATOR});
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
({_ORGANISATION}, 'first', 'First', '{{"metric": "activity_count", "at_least": 1}}'),
({_ORGANISATION}, 'days', 'Days', '{{"metric": "distinct_days", "at_least": 50}}'),
({_ORGANISATION}, 'years', 'Years', '{{"metric": "tenure_days", "at_least": 365}}');
insert into public.peer_mentors (id, organisation_id, user_id, display_name, dynamics_contact_id)
select
    md5('mentor' || number)::uuid, {_ORGANISATION}, md5('user' || number)::uuid, 'M', md5('contact' || number)::uuid
from generate_series(1, {MENTORS}) as number;
insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
select organisation_id, id, current_date - 400, current_date + 1 from public.peer_mentors;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select organisation_id, id, 'visit', current_date - number, 30
from public.peer_mentors, generate_series(1, 3) as number;
insert into public.notifications (organisation_id, recipient_mentor_id, kind, payload, dedupe_key)
select organisation_id, id, 'certification_reminder', jsonb_build_object('mentor_id', id), 'stale:' || id
from public.peer_mentors;
"""
_LIE = """
update pg_class set relpages = 100, reltuples = 0
where relkind = 'r' and relnamespace in ('public'::regnamespace, 'private'::regnamespace)
"""
_CLAIM = (
    "select count(*) from public.claim_notifications("
    "'w', 1000, as_of => date_trunc('day', now()) + interval '36 hours')"
)
_ANSWERED = (
    "select count(*) from public.complete_notifications((select jsonb_agg(jsonb_build_object("
    "'id', id, 'worker', 'w', 'response_code', 404)) from public.notifications where leased_by = 'w'))"
)
_PAUSE = "update public.peer_mentors set status = 'paused' where organisation_id is not null"
_CLAIM_SYNC = "select count(*) from public.claim_hlf_sync('w', 1000, '5 minutes')"
_ENTRIES = (
    "(select jsonb_agg(jsonb_build_object('mentor_id', id, 'activity_type', 'visit', 'occurred_on', "
    "current_date - 4, 'duration_minutes', 30)) from (select id from public.peer_mentors limit 500) as mentor)"
)


@dataclass(frozen=True)
class Operation:
    query: str
    before: tuple[str, ...] = ()


OPERATIONS = {
    "activities inserted": Operation(
        "insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) "
        "select organisation_id, id, 'visit', current_date - 5, 1 from public.peer_mentors"
    ),
    "activities changed": Operation("update public.activities set duration_minutes = duration_minutes + 1"),
    "activities voided": Operation("update public.activities set voided_at = now()"),
    "activities deleted": Operation("delete from public.activities"),
    "registered by proxy": Operation(
        f"select count(*) from public.register_proxy_activities({_ENTRIES}, coordinator_id => {_COORDINATOR})"
    ),
    "checked for proxy": Operation(
        f"select count(*) from public.check_proxy_activities({_ENTRIES}, coordinator_id => {_COORDINATOR})"
    ),
    "badge previewed": Operation(
        f"select count(*) from public.preview_badge({_ORGANISATION}, "
        '\'{"any": [{"metric": "tenure_days", "at_least": 1}, {"metric": "badge_earned", "badge": "first"}]}\')'
    ),
    "badge progress": Operation("select count(*) from public.get_badge_progress(md5('mentor1')::uuid)"),
    "reconciliation of badges begun": Operation("select public.start_badge_reconciliation('-infinity')"),
    "reconciliation of badges": Operation(
        "select public.continue_badge_reconciliation((select id from private.badge_reconciliations), 1000)",
        ("select public.start_badge_reconciliation('-infinity')",),
    ),
    "awards across organisations": Operation("select count(*) from public.find_cross_org_awards()"),
    "statuses changed": Operation(_PAUSE),
    "website claimed": Operation(_CLAIM_SYNC, (_PAUSE,)),
    "website completed": Operation(
        "select count(*) from public.complete_hlf_sync((select jsonb_agg(jsonb_build_object("
        "'mentor_id', mentor_id, 'desired_version', claimed_version, 'worker', 'w', "
        "'dynamics_response_code', 204, 'error_kind', null)) from public.hlf_sync_state where leased_by = 'w'))",
        (_PAUSE, _CLAIM_SYNC),
    ),
    "website reconciled": Operation(
        "select * from public.reconcile_hlf_sync((select jsonb_agg(jsonb_build_object("
        "'dynamics_contact_id', dynamics_contact_id, 'listed', true)) from public.peer_mentors))",
        (_PAUSE, "update public.hlf_sync_state set state = 'synced', leased_by = null"),
    ),
    "certificates expired": Operation("select public.run_certification_expiry(current_date + 2)"),
    "notifications claimed": Operation(_CLAIM),
    "notifications given up": Operation(_ANSWERED, (_CLAIM,)),
    "notifications requeued": Operation(
        f"select public.requeue_notifications({_ORGANISATION}, 10000)", (_CLAIM, _ANSWERED)
    ),
    "notifications put off": Operation(
        "select count(*) from public.claim_notifications("
        "'w', 1000, as_of => date_trunc('day', now()) + interval '27 hours')"
    ),
    "grants": Operation(
        f"select count(*) from public.get_grant_summary({_ORGANISATION}, current_date - 100, current_date)"
    ),
    "completeness of activities": Operation("select count(*) from private.gaps_in_activities('-infinity')"),
    "completeness of the website": Operation(
        "select count(*) from private.gaps_in_website_sync()", (_PAUSE,)
    ),
    "compliance report": Operation(
        f"select public.get_compliance_report({_ORGANISATION}, current_date - 100, current_date)"
    ),
}


@contextmanager
def filled(database: Database) -> Iterator[psycopg.Connection]:
    """In one transaction that is never committed, so that autovacuum sees nothing of it."""
    connection = database.superuser()
    with connection.transaction(force_rollback=True):
        connection.execute("set local jit = off")
        connection.execute(_FILL.encode())
        connection.execute(_LIE)
        yield connection


def rows_read(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint "
        "from pg_stat_xact_user_tables where schemaname in ('public', 'private')"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_nothing_reads_a_table_for_each_row_of_another(database: Database) -> None:
    found = {}
    with filled(database) as connection:
        for name, operation in OPERATIONS.items():
            with connection.transaction(force_rollback=True):
                for statement in operation.before:
                    connection.execute(statement.encode())
                before = rows_read(connection)
                connection.execute(operation.query.encode())
                found[name] = rows_read(connection) - before
    too_many = {name: rows for name, rows in found.items() if rows > ROWS_A_MENTOR * MENTORS}
    assert not too_many


_CHANGES = (
    "update public.activities set duration_minutes = duration_minutes + 1, coordinator_id = {coordinator} where {which}",
    "update public.activities set voided_at = now() where {which}",
    "update public.peer_mentors set display_name = 'N', status = 'paused', dynamics_contact_id = gen_random_uuid() "
    "where {which}",
    "update public.certifications set expires_on = expires_on + 1 where {which}",
    "update public.earned_badges set revoked_at = now() where {which}",
)


def test_a_kept_plan_does_not_compare_each_old_row_with_each_new_one(database: Database) -> None:
    """Plans of triggers are kept, and the first statement of a session may have been of one row."""
    loops: dict[str, int] = {}
    with filled(database) as connection:
        said = explained(connection)
        for change in _CHANGES:
            table = change.split()[1]
            for rows in (1, 60):
                said.clear()
                which = f"id = any (array(select id from {table} order by id desc limit {rows}))"
                connection.execute(change.format(which=which, coordinator=_COORDINATOR).encode())
            for plan in plans(said):
                loops[change] = max(loops.get(change, 0), _loops(plan))
    assert set(loops) == set(_CHANGES)
    assert {change: count for change, count in loops.items() if count > 1} == {}


def test_the_parts_of_a_badge_are_not_compared_each_with_each(database: Database) -> None:
    """Facts and entries stand in order of kind and id, and a thousand mentors have one badge."""
    with filled(database) as connection:
        said = explained(connection)
        connection.execute("select count(*) from private.gaps_in_administration()")
        removed = [_removed(plan) for plan in plans(said)]
    assert len(removed) > 3
    assert max(removed) < 50 * MENTORS


def test_what_is_archived_is_asked_once_and_not_for_each_finding(database: Database) -> None:
    with filled(database) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            "insert into public.chapters (organisation_id, name) "
            f"select {_ORGANISATION}, number::text from generate_series(1, {MENTORS}) as number".encode()
        )
        connection.execute("update public.hlf_sync_state set confirmed_operation = 'restore'")
        connection.execute("set local track_functions = 'all'")
        found = connection.execute("select count(*) from private.log_gaps('-infinity')").fetchone()
        calls = connection.execute(
            "select calls from pg_stat_xact_user_functions where funcname = 'archived_until'"
        ).fetchone()
    assert found is not None
    assert found[0] >= 2 * MENTORS
    assert calls is not None
    assert 5 < calls[0] < 50


def explained(connection: psycopg.Connection) -> list[str]:
    """What the server says from now on of each statement, also within functions."""
    said: list[str] = []
    connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    connection.execute("load 'auto_explain'")
    for name, value in {
        "log_min_duration": "0",
        "log_nested_statements": "on",
        "log_analyze": "on",
        "log_timing": "off",
        "log_level": "notice",
        "log_format": "json",
    }.items():
        connection.execute(f"set local auto_explain.{name} = '{value}'".encode())
    return said


def plans(said: list[str]) -> Iterator[dict[str, object]]:
    for message in said:
        for plan in re.findall(r"plan:\n(\{.*\})", message, re.S):
            yield json.loads(plan)["Plan"]


def _removed(node: dict[str, object]) -> int:
    """The most rows that a join made and threw away."""
    own = int(str(node.get("Rows Removed by Join Filter", 0))) * int(str(node["Actual Loops"]))
    children = node.get("Plans", [])
    assert isinstance(children, list)
    return max([own, *(_removed(child) for child in children)])


def _loops(node: dict[str, object]) -> int:
    """How often the plan goes through the rows of a statement."""
    own = int(str(node["Actual Loops"])) if node["Node Type"] == "Named Tuplestore Scan" else 0
    children = node.get("Plans", [])
    assert isinstance(children, list)
    return max([own, *(_loops(child) for child in children)])
