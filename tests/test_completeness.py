"""Every change has its entry, and every entry its change.

Over the catalog: each table that holds a fact, each of its columns, and a deletion, by everybody from a mentor
to a superuser with every trigger off. A table or column that is added later is in it by itself, until it is
named here with the reason why it holds no fact.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import Database
from sealing import everything_off, fill, one, problems, runner, seal_all, settings

from peerledger import seal_night, verify
from peerledger.errors import RunnerError

_WORKING = "working state: what came of it is in a log"
NO_FACTS = {
    "activity_notes": "free text, which is erased without a trace on purpose",
    "device_tokens": "where messages go; erased with the user",
    "hlf_sync_pauses": _WORKING,
    "job_runs": "bookkeeping of the night; each step has a log or a ledger of its own",
    "notifications": _WORKING,
    "ops_alerts": "a list of things to do",
}
# Columns that may change without a trace, and why. "delete": the row may go.
_PERSONAL = "personal: changed and erased without a trace on purpose"
_TIME = "when: the time of the entry says it"
_WHO = "who: changed_by of the entry says it"
_LABEL = "what people read"
NO_FACT_COLUMNS: dict[str, dict[str, str]] = {
    "activities": {"updated_at": _TIME},
    "badge_definitions": {
        "name": _LABEL,
        "description": _LABEL,
        "created_at": _TIME,
        "updated_at": _TIME,
    },
    "cert_expiry_reminders": {
        "id": "nothing refers to it",
        "sent_at": _TIME,
        "certification_expiry_date": "the certificate's own, which has entries",
    },
    "certification_expiry_runs": dict.fromkeys(
        ("as_of", "started_at", "finished_at", "note", "is_local_today"), "the ledger's description of a run"
    ),
    "certifications": {"created_at": _TIME, "voided_by": _WHO, "void_reason": _PERSONAL},
    "chapters": {"name": _LABEL},
    "coordinator_assignments": {"created_at": _TIME},
    "earned_badges": {
        "id": "nothing refers to it: an award is a mentor and a badge",
        "evidence": "derived from the activities",
        "criteria_version": "derived: the version in force then",
        "qualified_on": "derived from the activities",
        "earned_at": _TIME,
        "revoked_by": _WHO,
        "revoke_reason": _PERSONAL,
    },
    "hlf_removals": dict.fromkeys(
        ("id", "organisation_id", "wanted_at", "cancelled_at", "delete"),
        "derived: wanted when the status changed, confirmed by an attempt; both are in logs",
    )
    | dict.fromkeys(
        ("seen_listed_at", "seen_gone_at", "is_watched"),
        "what a reconciliation saw, which stands nowhere else",
    ),
    "hlf_sync_state": dict.fromkeys(
        [
            "organisation_id",
            "operation",
            "desired_version",
            "applied_version",
            "attempts",
            "next_attempt_at",
            "retry_not_before",
            "leased_by",
            "lease_expires_at",
            "triggered_by_event",
            "last_error",
            "updated_at",
            "claimed_version",
            "claimed_operation",
            "claimed_event",
            "is_doubtful",
            "remove_unsettled_until",
            "restore_unsettled_until",
            "due_at",
        ],
        _WORKING,
    ),
    "grant_rules": {"created_at": _TIME},
    "grant_years": {"closed_at": _TIME, "closed_by": _WHO},
    "proxy_disputes": {"opened_at": _TIME, "resolved_by": _WHO, "resolved_at": _TIME},
    "legal_holds": {"case_reference": _LABEL, "set_by": _WHO, "set_at": _TIME, "lifted_by": _WHO},
    "organisation_settings": {},
    "organisations": {"name": _LABEL, "created_at": _TIME},
    "peer_mentors": {
        "display_name": _PERSONAL,
        "email": _PERSONAL,
        "phone": _PERSONAL,
        "status_reason": _PERSONAL,
        "status_changed_at": _TIME,
    },
}
_WORLD = """
select tests.make_two_organisations();
select tests.make_listed_mentor('liv', 'north', 'oslo'), tests.make_listed_mentor('sol', 'south');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', name), tests.id('organisation', name), 'first', 'First', '{"metric":
"activity_count", "at_least": 1}'
from unnest(array['north', 'south']) as name;
select tests.make_activity('sven for sara', 'sara', 'sven'), tests.make_activity('second of olga', 'olga');
select tests.make_certificate('olga', current_date - 1), tests.make_certificate('berit', current_date + 7);
insert into public.organisation_settings (organisation_id) values (tests.id('organisation', 'north'));
select public.run_certification_expiry();
select public.set_legal_hold(tests.id('organisation', 'south'), 'South-1');
select tests.sync_once('liv', 204), tests.sync_once('sol', 400);
select tests.set_status('liv', 'paused');
insert into public.grant_rules (organisation_id, category, valid_from, activity_types)
values (tests.id('organisation', 'north'), 'outreach_conversation', '2027-01-01', array['phone_call']);
select public.close_grant_year(tests.id('organisation', 'north'), 2025);
insert into public.proxy_disputes (organisation_id, activity_id, mentor_id, reason_code)
values (tests.id('organisation', 'south'), tests.id('activity', 'sven for sara'), tests.id('mentor', 'sara'), 'wrong_day');
select tests.sync_once('liv', 204);
"""
# What to write instead, by type, where the value decides whether it is possible.
_OTHER = {
    "uuid": "gen_random_uuid()",
    "boolean": "not {0}",
    "integer": "coalesce({0}, 0) + 1",
    "bigint": "coalesce({0}, 0) + 1",
    "integer[]": "array[5]",
    "text[]": "array['visit']",
    "date": "{0} - 1",
    "jsonb": """'{{"metric": "activity_count", "at_least": 7}}'""",
    "timestamp with time zone": "case when {0} is null then now() else {0} - interval '1 day' end",
    "time without time zone": "{0} + interval '1 hour'",
    "text": "{0} || 'x'",
    "mentor_status": "case {0} when 'active' then 'withdrawn' else 'active' end::public.mentor_status",
}
_OTHER_COLUMNS = {
    "activities.delivery_mode": "'phone'",
    "activities.place": "'abroad'",
    "activities.role": "'leader'",
    "grant_rules.category": "'activity_group'",
    "grant_rules.counted_per": "'activity'",
    "grant_rules.valid_to": "'2030-01-01'::date",
    "grant_rules.delivery_modes": "array['phone']",
    "grant_years.sha256": "encode(sha256('x'), 'hex')",
    "proxy_disputes.reason_code": "'other'",
    "proxy_disputes.outcome": "case when {0} is null then 'upheld' end, resolved_at = now()",
    "certifications.expires_on": "{0} + 1",
    "certifications.voided_at": "case when {0} is null then now() end",
    "certification_expiry_runs.status": "'crashed', finished_at = null",
    "earned_badges.revoked_at": "case when {0} is null then now() end",
    "hlf_sync_state.state": "'dead_lettered'",
    "hlf_sync_state.confirmed_operation": "case {0} when 'remove' then 'restore' else 'remove' end",
    "legal_holds.lifted_at": "case when {0} is null then now() end",
    "organisation_settings.locale": "case {0} when 'en' then 'nb' else 'en' end",
    "organisations.time_zone": "'Europe/London'",
}
# A row of which the column can be another one.
_ROWS = {
    "hlf_sync_state": "confirmed_operation is not null",
    "hlf_removals": "confirmed_at is not null",
    "organisations": "slug = 'north'",
    "peer_mentors": "display_name in ('sara', 'berit')",
    "coordinator_assignments": "chapter_id is null",
    "chapters": "name = 'bergen'",
    "grant_rules": "organisation_id is not null",
}
ACTORS = ("mentor", "coordinator", "service_role", "owner", "superuser", "superuser with triggers off")
_LOGS = (
    "activity_changes",
    "administrative_changes",
    "badge_evaluation_logs",
    "certification_expiry_audit_log",
    "hlf_sync_audit_log",
    "mentor_status_changes",
    "proxy_audit_log",
    "security_events",
)
_ENTRIES = f"select {' + '.join(f'(select count(*) from public.{log})' for log in _LOGS)}"


@pytest.fixture
def first_rows() -> str:
    return _WORLD


@pytest.fixture
def world(database: Database) -> psycopg.Connection:
    superuser = database.superuser()
    assert gaps(superuser) == []
    return superuser


def gaps(connection: psycopg.Connection) -> list[tuple[str, str]]:
    rows = connection.execute(
        "select \"check\", coalesce(detail, '') from private.find_incomplete_logs()"
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def deeds(connection: psycopg.Connection) -> Iterator[tuple[str, str]]:
    """Each table and column that holds a fact, and the deletion of a row."""
    columns = connection.execute(
        """
        select class.relname, field.attname, format_type(field.atttypid, null)
        from pg_class as class
        inner join pg_attribute as field on field.attrelid = class.oid
        where
            class.relnamespace = 'public'::regnamespace and class.relkind in ('r', 'p')
            and class.relowner = 'peerledger_owner'::regrole
            and class.relname not in (select log_name from private.logs)
            and field.attnum > 0 and not field.attisdropped and field.attgenerated = ''
        order by class.relname, field.attnum
        """
    ).fetchall()
    tables = {row[0] for row in columns}
    assert tables == set(NO_FACTS) | set(NO_FACT_COLUMNS), "say of each table whether it holds facts"
    for table in sorted(set(NO_FACT_COLUMNS)):
        known = {name for relation, name, _ in columns if relation == table}
        assert set(NO_FACT_COLUMNS[table]) - known <= {"delete", "due_at"}, f"{table} has no such column"
        where = _ROWS.get(table, "true")
        chosen = f"ctid = (select ctid from public.{table} where {where} limit 1)"
        for relation, name, kind in columns:
            if relation == table and name not in NO_FACT_COLUMNS[table]:
                other = _OTHER_COLUMNS.get(f"{table}.{name}", _OTHER[kind.removeprefix("public.")])
                yield (
                    f"{table}.{name}",
                    f"update public.{table} set {name} = {other.format(name)} where {chosen}",
                )
        if "delete" not in NO_FACT_COLUMNS[table]:
            yield f"delete from {table}", f"delete from public.{table} where {chosen}"


def table_of(deed: str) -> str:
    return deed.removeprefix("delete from ").split(".")[0]


def act_as(connection: psycopg.Connection, actor: str) -> None:
    user = {"mentor": "sara", "coordinator": "sven"}.get(actor)
    if user is not None:
        connection.execute("select tests.acts_as('authenticated', tests.id('user', %s))", (user,))
    elif actor == "service_role":
        connection.execute("select tests.acts_as('service_role')")
    elif actor == "owner":
        connection.execute("set local role peerledger_owner")
    elif actor == "superuser with triggers off":
        everything_off(connection)
        connection.execute("set local session_replication_role = 'replica'")


# By triggers and functions of ours, and by privileges, which pgTAP files ask about on every server: what may differ is
# whether whoever migrates is a superuser.
@pytest.mark.two_targets
@pytest.mark.parametrize("actor", ACTORS)
def test_no_fact_changes_without_an_entry_a_refusal_or_a_finding(
    world: psycopg.Connection, actor: str
) -> None:
    unnoticed, contradicted, impossible = [], [], []
    world.autocommit = False

    def content(table: str) -> object:
        return one(
            world, f"select array_agg(to_jsonb(row) - 'updated_at' order by row) from public.{table} as row"
        )

    before = one(world, _ENTRIES)
    tables = {table: content(table) for table in NO_FACT_COLUMNS}
    tried = list(deeds(world))
    act_as(world, actor)
    world.execute("savepoint here")
    for name, statement in tried:
        # Each deed is done to what was there at first.
        world.execute("rollback to savepoint here")
        try:
            changed = world.execute(statement.encode()).rowcount
        except psycopg.IntegrityError as error:
            if actor == ACTORS[-1]:
                impossible.append(f"{name}: {error}")
            continue
        except psycopg.Error:
            continue
        world.execute("reset role")
        if content(table_of(name)) == tables[table_of(name)]:
            assert changed == 0 or actor != ACTORS[-1], f"{name}: nothing was changed"
            assert changed > 0 or actor in ("mentor", "coordinator", "service_role"), (
                f"{name}: there is no row to change"
            )
            continue
        world.execute("set local session_replication_role = 'origin'")
        found = gaps(world)
        if one(world, _ENTRIES) == before:
            if not found:
                unnoticed.append(name)
        elif found:
            contradicted.append(f"{name}: {found}")
    world.rollback()
    assert impossible == [], "this test must try what is possible"
    assert unnoticed == []
    assert contradicted == [], "an entry says what became of it"


def test_the_night_looks_records_that_it_did_and_alerts(
    database: Database, world: psycopg.Connection, tmp_path: Path
) -> None:
    said: list[str] = []
    seal_night.run(runner(database), settings(tmp_path), said.append)
    assert "everything was compared: 0 findings" in said[-1]
    seal_night.run(runner(database), settings(tmp_path), said.append)
    assert "what changed was compared: 0 findings" in said[-1], "once a week everything"

    everything_off(world)
    world.execute(
        "update public.activities set duration_minutes = 95 where id = tests.id('activity', 'olga''s')"
    )
    with pytest.raises(RunnerError, match=r"activity_differs"):
        seal_night.run(runner(database), settings(tmp_path), said.append)
    events = world.execute(
        "select details from public.security_events where event_kind = 'completeness_checked' order by occurred_at"
    ).fetchall()
    assert [event[0]["findings"] for event in events] == [0, 0, 1]
    assert events[-1][0]["found"] == [
        {"check": "activity_differs", "log": "badge_evaluation_logs", "count": 1}
    ]
    alert = world.execute(
        "select severity, message from public.ops_alerts where kind = 'logs_incomplete' and acknowledged_at is null"
    ).fetchone()
    assert alert is not None
    assert alert[0] == "critical"
    assert str(one(world, "select tests.id('activity', 'olga''s')")) in alert[1]


def test_verify_compares_all_of_it_too(world: psycopg.Connection, database: Database, tmp_path: Path) -> None:
    """Of the whole tree; a part of it says nothing of what is missing."""
    fill(world, 3)
    seal_all(world)
    assert verify.verify(runner(database), settings(tmp_path)).findings == []
    everything_off(world)
    world.execute(
        "update public.activities set duration_minutes = 95 where id = tests.id('activity', 'olga''s')"
    )
    (found,) = verify.verify(runner(database), settings(tmp_path)).findings
    assert found.problem.startswith("activity differs")
    assert found.log == "badge_evaluation_logs"
    assert verify.verify(runner(database), settings(tmp_path), first=1).findings == []


def test_after_a_finding_everything_is_looked_at_until_it_is_gone(world: psycopg.Connection) -> None:
    everything_off(world)
    world.execute(
        "update public.activities set duration_minutes = 95, updated_at = now() - interval '3 days', "
        "created_at = now() - interval '3 days' where id = tests.id('activity', 'olga''s')"
    )
    world.execute("select private.check_completeness()")
    assert one(world, "select findings from private.check_completeness()") == 1
    assert one(world, "select is_of_everything from private.check_completeness()") is True


@pytest.mark.two_targets
@pytest.mark.parametrize(
    "deed",
    [
        "select public.forget_mentor(tests.id('mentor', 'olga'))",
        "select public.merge_mentors(tests.id('mentor', 'berit'), tests.id('mentor', 'olga'))",
        "select public.set_legal_hold(tests.id('organisation', 'north'), 'N-1')",
        "select public.lift_legal_hold(id) from public.legal_holds",
        "select public.void_certification(id, 'A mistake.') from public.certifications",
        "select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'north'), 'A reason.'), "
        "public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'north'), 'Another.')",
        "select public.move_mentor(tests.id('mentor', 'olga'), tests.id('chapter', 'bergen'))",
        "update public.activities set voided_at = now(), duration_minutes = 1; "
        "update public.activities set voided_at = null; "
        "update public.activities set duration_minutes = duration_minutes",
        "delete from public.activities where id = tests.id('activity', 'olga''s'); "
        "select tests.make_activity('olga''s', 'olga'); "
        "update public.activities set duration_minutes = 3 where id = tests.id('activity', 'olga''s')",
        "update public.organisation_settings set badges_enabled = false; "
        "select tests.make_activity('unevaluated', 'olga'); "
        "update public.activities set duration_minutes = 3 where id = tests.id('activity', 'unevaluated'); "
        "delete from public.organisation_settings",
        "select tests.set_status('olga', 'paused'), tests.set_status('olga', 'active'), "
        "tests.set_status('olga', 'withdrawn')",
        "update public.badge_definitions set slug = 'another', is_active = false, "
        'criteria = \'{"metric": "activity_count", "at_least": 9}\'',
        "set timezone = 'Asia/Tokyo'; set datestyle = 'German'; "
        "select tests.make_activity('abroad', 'olga'), tests.make_mentor('abroad', 'north')",
    ],
)
def test_what_is_lawful_is_no_finding(world: psycopg.Connection, deed: str) -> None:
    for statement in deed.split("; "):
        with world.transaction():
            world.execute(statement.encode())
    assert gaps(world) == []
    seal_all(world)
    assert problems(world) == []
