"""Every table and RPC as clients reach it: in the SQL that the REST API sends, as each role, found in the
catalog.

A table or function that is added later is in these tests by itself; a new argument needs a sample, in
`World.arguments`.
"""

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import Database
from rest import Answer, Rest, http_status

from docs import generate
from peerledger.database import Database as RunnerDatabase
from peerledger.migrate import migrate, render, rollback
from peerledger.sqlfiles import Tree

ROLES = ("anon", "mentor", "coordinator", "service_role")

_WORLD = """
select tests.make_two_organisations();
update public.peer_mentors set user_id = tests.id('user', display_name);
select tests.make_listed_mentor('liv', 'north', 'oslo'), tests.make_listed_mentor('sol', 'south');
select tests.make_activity('sven for sara', 'sara', 'sven'), tests.make_activity('sol''s', 'sol');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', name), tests.id('organisation', name), 'first', 'First', '{"metric":
"activity_count", "at_least": 1}'
from unnest(array['north', 'south']) as name;
select tests.make_certificate('olga', current_date - 1), tests.make_certificate('berit', current_date + 7),
    tests.make_certificate('sara', current_date - 1), tests.make_certificate('sol', current_date + 7);
insert into public.activity_notes (activity_id, organisation_id, body)
select tests.id('activity', name || '''s'), tests.id('organisation', place), 'A walk.'
from (values ('olga', 'north'), ('berit', 'north'), ('sara', 'south')) as note (name, place);
insert into public.device_tokens (id, user_id, token, platform)
select tests.id('device', name), tests.id('user', name), 'token-of-' || name, 'android'
from unnest(array['olga', 'nina', 'sara', 'sven']) as name;
insert into public.organisation_settings (organisation_id)
select tests.id('organisation', name) from unnest(array['north', 'south']) as name;
select public.run_certification_expiry(null, tests.id('run', 'first'));
select public.evaluate_badges(mentor.id) from public.peer_mentors as mentor;
select public.set_legal_hold(tests.id('organisation', 'south'), 'South-1');
select private.raise_alert('test', 'warning', 'A test.', 'test:' || name, tests.id('organisation', name))
from unnest(array['north', 'south']) as name;
insert into public.job_runs (id, organisation_id, job, business_date, state, finished_at)
select coalesce(tests.id('job', name), gen_random_uuid()), tests.id('organisation', name), 'some_job',
current_date - 1, 'ran', now()
from unnest(array['north', 'south', null]) as name;
select public.pause_hlf_sync(array[tests.id('organisation', 'south')]);
select public.claim_hlf_sync('w', 10, '1 minute', true);
select public.complete_hlf_sync(jsonb_build_array(tests.sync_result('sol', 204)));
select tests.set_status('sol', 'paused');
update public.ops_alerts set id = tests.id('alert', 'south') where dedupe_key = 'test:south';
update public.legal_holds set id = tests.id('hold', 'south');
update public.activities set duration_minutes = 61
where id in (tests.id('activity', 'sol''s'), tests.id('activity', 'olga''s'));
insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
select
    tests.id('certificate', 'south'), tests.id('organisation', 'south'), tests.id('mentor', 'sara'),
    '2020-01-01', '2021-01-01';
select public.dispute_proxy_activity(tests.id('activity', 'sven for sara'), 'wrong_day');
select public.close_grant_year(tests.id('organisation', name), 2025) from unnest(array['north', 'south']) as name;
select private.seal_logs();
select public.start_badge_reconciliation();
select public.revoke_badge(tests.id('mentor', 'sol'), tests.id('badge', 'south'), 'A test.');
"""


@dataclass
class World:
    """Two organisations in which everything has happened that leaves a row; the callers are of south."""

    database: Database
    superuser: psycopg.Connection
    _clients: dict[tuple[str, str | None, bool], Rest] = field(default_factory=dict)
    _ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def id(self, kind: str, name: str) -> str:
        if (kind, name) not in self._ids:
            row = self.superuser.execute("select tests.id(%s, %s)", (kind, name)).fetchone()
            assert row is not None
            self._ids[kind, name] = str(row[0])
        return self._ids[kind, name]

    def rest(self, role: str, user: str | None = None, *, keep: bool = False) -> Rest:
        """A mentor is sara, a coordinator sven; both of south."""
        key = (role, user, keep)
        if key not in self._clients:
            user = user or {"mentor": "sara", "coordinator": "sven"}.get(role)
            self._clients[key] = Rest(
                self.database._connect(self.database.target.server.login_dsn),
                role if role in ("anon", "service_role") else "authenticated",
                user and self.id("user", user),
                keep=keep,
            )
        return self._clients[key]

    def column(self, query: str) -> list[Any]:
        return [row[0] for row in self.superuser.execute(query.encode()).fetchall()]

    def tables(self) -> list[str]:
        return self.column(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', "
            "'p', 'v') "
            "and relowner = 'peerledger_owner'::regrole order by 1"
        )

    def functions(self) -> list[dict[str, Any]]:
        """What is called as an RPC: all of public but the computed relationships, which take a row."""
        cursor = self.superuser.execute(
            """
            select
                proname as name, provolatile as volatility, proretset as is_set, prorows as rows,
                coalesce(proargnames[1:pronargs], '{}') as arguments,
                array(
                    select format_type(kind, null) from unnest(proargtypes) with ordinality as a (kind, nth)
                    order by nth
                ) as types,
                pronargs - pronargdefaults as required,
                array(
                    select acl.grantee::regrole::text from aclexplode(proacl) as acl where acl.grantee <>
                    proowner
                ) as callers,
                array(
                    select attname::text from pg_attribute
                    where attrelid = (select typrelid from pg_type where pg_type.oid = prorettype) and
                    attnum > 0
                ) as columns
            from pg_proc
            where
                pronamespace = 'public'::regnamespace and proowner = 'peerledger_owner'::regrole
                and not exists (
                    select from pg_class where reltype = proargtypes[0] and relkind in ('r', 'p') and
                    pronargs = 1
                )
            order by 1
            """
        )
        assert cursor.description
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def arguments(self, function: Mapping[str, Any], *, only_required: bool = False) -> dict[str, Any]:
        """What a careful client of south would send, by the name of the argument or by the function."""
        sync = {"mentor_id": self.id("mentor", "sol"), "desired_version": 1, "worker": "w"}
        samples: dict[str, Any] = {
            "activity_id": self.id("activity", "sven for sara"),
            "activity_type": "visit",
            "activity_types": ["kurs"],
            "alert_id": self.id("alert", "south"),
            "as_of": "2026-11-02",
            "badge_definition_id": self.id("badge", "south"),
            "batch_size": 10,
            "case_reference": "South-2",
            "changes": {"duration_minutes": 45},
            "category": "peer_course",
            "certification_id": self.id("certificate", "south"),
            "chapter_id": None,
            "coordinator_id": self.id("user", "sven"),
            "counted_per": "day",
            "criteria": {"metric": "activity_count", "at_least": 1},
            "delivery_mode": "phone",
            "delivery_modes": None,
            "duplicate_id": self.id("mentor", "sol"),
            "duration_minutes": 30,
            "entry_id": self.column(
                "select id from public.proxy_audit_log where organisation_id = tests.id('organisation', 'south')"
                " order by recorded_in limit 1"
            )[0],
            "entries": [
                {
                    "mentor_id": self.id("mentor", "sara"),
                    "activity_type": "visit",
                    "occurred_on": "2026-02-01",
                    "duration_minutes": 30,
                }
            ],
            "error_kind": "connection",
            "expected_status": "expired_cert",
            "expires_on": "2030-01-01",
            "from_date": "2026-01-01",
            "id": self.id("activity", "sven for sara"),
            "ignore_pause": True,
            "issued_on": "2026-01-01",
            "jobs": ["some_job"],
            "keep_id": self.id("mentor", "sara"),
            "lease": "5 minutes",
            "legal_hold_id": self.id("hold", "south"),
            "log_name": "proxy_audit_log",
            "max_rows": 100,
            "mentor_id": self.id("mentor", "sara"),
            "min_minutes": 90,
            "min_participants": 1,
            "must_be_in_norway": True,
            "must_be_led_by_peer": False,
            "mentor_ids": [self.id("mentor", "sol")],
            "observed_from": "2026-01-01T00:00:00Z",
            "observed": [{"dynamics_contact_id": self.id("contact", "sol"), "listed": False}],
            "occurred_on": "2026-02-02",
            "ok": True,
            "org_id": self.id("organisation", "south"),
            "organisation_id": self.id("organisation", "south"),
            "organisation_ids": [self.id("organisation", "south")],
            "outcome": "upheld",
            "page_limit": 10,
            "page_offset": 0,
            "participant_count": 2,
            "platform": "ios",
            "reason": "operator",
            "reason_code": "wrong_day",
            "reconciliation_id": (self.column("select id from private.badge_reconciliations") or [None])[0],
            "refuse_duplicates": False,
            "retry_after": "1 minute",
            "results": [sync | {"dynamics_response_code": 204}],
            "run_id": self.id("run", "first"),
            "since": "2026-01-01T00:00:00Z",
            "suppress_notifications": True,
            "threshold": 30,
            "to_date": "2026-12-31",
            "to_status": "paused",
            "token": "token-of-a-new-device",
            "valid_from": "2026-01-01",
            "worker": "w",
            "year": 2025,
        }
        special: dict[str, dict[str, Any]] = {
            "complete_notifications": {
                "results": [{"id": str(uuid.uuid4()), "worker": "w", "response_code": 200}]
            },
            "claim_notifications": {"as_of": "2030-01-01T12:00:00Z"},
            "run_certification_expiry": {"run_id": str(uuid.uuid4()), "as_of": None},
            "begin_certification_run": {"run_id": str(uuid.uuid4()), "as_of": None},
            "register_proxy_activity": {"id": str(uuid.uuid4())},
            "record_credential_check": {"error_kind": None},
            "reinstate_badge": {"mentor_id": self.id("mentor", "sol")},
        }
        samples |= special.get(function["name"], {})
        names = function["arguments"][: function["required"]] if only_required else function["arguments"]
        missing = [name for name in names if name not in samples]
        assert not missing, f"{function['name']}: give a sample for {', '.join(missing)}"
        return {name: samples[name] for name in names}


@pytest.fixture
def first_rows(request: pytest.FixtureRequest) -> str:
    return _WORLD if "world" in request.fixturenames else ""


@pytest.fixture
def world(database: Database) -> World:
    return World(database, database.superuser())


def described(role: str, what: str, answer: Answer) -> str:
    return f"{role}: {what}: {answer.status} {answer.code} {answer.message}"


# Reading. ----------------------------------------------------------------------------------------------


def test_each_reads_every_table_or_is_refused_as_its_privileges_say(world: World) -> None:
    problems, seen = [], 0
    for role in ROLES:
        rest = world.rest(role)
        for table in world.tables():
            may = world.column(
                f"select has_table_privilege('{rest.role}', 'public.{table}', 'select') "
                f"or has_any_column_privilege('{rest.role}', 'public.{table}', 'select')"
            )[0]
            columns = [
                name
                for name in rest.columns(table)
                if may
                and world.column(
                    f"select has_column_privilege('{rest.role}', 'public.{table}', '{name}', 'select')"
                )[0]
            ]
            answer = rest.get(table, ", ".join(f'"{name}"' for name in columns) or "*")
            wanted = 200 if may else (401 if role == "anon" else 403)
            if answer.status != wanted:
                problems.append(described(role, table, answer))
            seen += bool(answer.ok and answer.body)
            if role == "anon":
                assert not may
            if role == "service_role" and answer.ok and not answer.body and table not in ("security_events",):
                problems.append(f"{table} is empty: the world of this test lacks a row of it")
    assert not problems
    assert seen > 40


# RPCs. -------------------------------------------------------------------------------------------------


def test_each_rpc_answers_or_refuses_with_a_code_of_ours(world: World) -> None:
    """As each role: what a careful client sends, what is required alone, and ids of nobody."""
    problems, answered = [], set()
    for role in ROLES:
        rest = world.rest(role)
        for function in world.functions():
            name, may = function["name"], rest.role in function["callers"]
            for arguments in (
                world.arguments(function),
                world.arguments(function, only_required=True),
                strange(world.arguments(function), lambda _: str(uuid.uuid4())),
            ):
                answer = rest.rpc(name, arguments)
                if not may:
                    if answer.code != "42501" or answer.status != (401 if role == "anon" else 403):
                        problems.append(described(role, name, answer))
                elif answer.ok:
                    answered.add((role, name))
                elif not re.fullmatch(r"PL00[1-8]|42501|PT404|22023", answer.code or ""):
                    problems.append(described(role, f"{name} {arguments}", answer))
                elif not answer.message or answer.status not in (400, 403, 404):
                    problems.append(described(role, name, answer))
    assert not problems
    names = {function["name"] for function in world.functions()}
    # What a careful client sends is right: somebody gets an answer from every one.
    assert names == {name for _, name in answered}


def strange(arguments: Mapping[str, Any], make: Callable[[str], Any]) -> dict[str, Any]:
    """The same with another id wherever there is one."""
    text = json.dumps(arguments, default=str)
    return dict(
        json.loads(re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", lambda found: make(found[0]), text))
    )


# Writing. ----------------------------------------------------------------------------------------------


def test_a_row_is_sent_back_as_it_was_read_and_nothing_changes(world: World) -> None:
    """`.upsert(row)` of every row: harmless where the role may insert and update, refused elsewhere."""
    problems, sent = [], set()
    for role in ROLES:
        rest = world.rest(role)
        for table in world.tables():
            privileges = {
                name
                for name in ("insert", "update")
                if world.column(
                    f"select has_any_column_privilege('{rest.role}', 'public.{table}', '{name}')"
                )[0]
            }
            before = world.column(f"select tests.fingerprint('public.{table}')")
            for row in world.column(f"select to_jsonb(t) from public.{table} as t limit 20"):
                answer = rest.upsert(table, row)
                if privileges != {"insert", "update"}:
                    if answer.code not in ("42501", "428C9"):  # not allowed, or a generated column
                        problems.append(described(role, table, answer))
                elif role == "service_role" and not answer.ok:
                    problems.append(described(role, table, answer))
                elif answer.ok:
                    sent.add((role, table))
                elif answer.code != "42501":
                    problems.append(described(role, table, answer))
            kept = world.rest(role, keep=True)
            if privileges == {"insert", "update"}:
                for row in kept.get(table).body:
                    kept.upsert(table, row)
            if world.column(f"select tests.fingerprint('public.{table}')") != before:
                problems.append(f"{role}: {table} changed")
    assert not problems
    assert {("mentor", "activities"), ("mentor", "activity_notes"), ("coordinator", "activities")} <= sent
    assert ("service_role", "peer_mentors") in sent


def test_what_may_not_change_is_named(world: World) -> None:
    mentor = world.id("mentor", "sara")
    answer = world.rest("service_role").upsert(
        "peer_mentors",
        {
            "id": mentor,
            "organisation_id": world.id("organisation", "south"),
            "display_name": "Sara",
            "status": "withdrawn",
            "created_at": "2020-01-01",
        },
    )
    assert (answer.status, answer.code, answer.details) == (403, "42501", "created_at, status")
    assert answer.hint
    assert "display_name" in answer.hint
    # To another of the mentor's own activities: only the trigger is in the way.
    activity = world.rest("mentor", keep=True).insert("activities", visit(world, "two"))
    assert answer.status == 403
    assert activity.status == 201
    moved = world.rest("mentor").update(
        "activity_notes",
        {"activity_id": world.id("activity", "two")},
        activity_id=world.id("activity", "sara's"),
    )
    assert (moved.status, moved.code) == (403, "42501")


def visit(world: World, name: str, **more: object) -> dict[str, object]:
    return {
        "id": world.id("activity", name),
        "organisation_id": world.id("organisation", "south"),
        "mentor_id": world.id("mentor", "sara"),
        "activity_type": "visit",
        "occurred_on": "2026-02-01",
        "duration_minutes": 60,
        **more,
    }


def test_what_is_sent_again_changes_nothing(world: World) -> None:
    """`ignoreDuplicates: true` leaves what was edited meanwhile; an upsert of the same leaves no trace."""
    mentor = world.rest("mentor", keep=True)
    assert mentor.insert("activities", visit(world, "new")).status == 201
    mentor.update("activities", {"duration_minutes": 90}, id=world.id("activity", "new"))
    again = mentor.insert("activities", visit(world, "new"), resolution="ignore-duplicates")
    assert (again.status, again.body) == (201, [])
    assert mentor.get("activities", id=world.id("activity", "new")).body[0]["duration_minutes"] == 90

    sven = world.rest("coordinator", keep=True)
    row = visit(world, "proxy", coordinator_id=world.id("user", "sven"))
    sven.insert("activities", row)
    stored = sven.get("activities", id=world.id("activity", "proxy")).body
    for _ in range(2):
        assert sven.upsert("activities", row).status == 201
    assert sven.get("activities", id=world.id("activity", "proxy")).body == stored
    assert [entry["event_type"] for entry in proxy_entries(sven, world)] == ["created"]
    sven.upsert("activities", row | {"duration_minutes": 30})
    assert [entry["event_type"] for entry in proxy_entries(sven, world)] == ["created", "updated"]
    evaluations = sven.get("badge_evaluation_logs", peer_mentor_id=world.id("mentor", "sara")).body
    sven.upsert("activities", row | {"duration_minutes": 30})
    assert sven.get("badge_evaluation_logs", peer_mentor_id=world.id("mentor", "sara")).body == evaluations


def proxy_entries(rest: Rest, world: World) -> list[dict[str, Any]]:
    entries = rest.get("proxy_audit_log", proxy_activity_id=world.id("activity", "proxy")).body
    return sorted(entries, key=lambda entry: entry["timestamp"])


def test_times_are_the_databases_and_not_the_clients(world: World) -> None:
    rest = world.rest("mentor", keep=True)
    sent = visit(world, "old", created_at="2020-01-01T00:00:00Z", updated_at="2020-01-01T00:00:00Z")
    created = rest.insert("activities", sent, representation=True).body[0]
    assert created["created_at"] > "2026"
    assert created["updated_at"] == created["created_at"]
    changed = rest.update(
        "activities", {"created_at": "2020-01-01", "duration_minutes": 5}, single=True, id=sent["id"]
    )
    assert changed.body["created_at"] == created["created_at"]
    assert changed.body["updated_at"] > created["updated_at"]


def test_a_row_that_may_not_be_changed_is_seen_with_single_only(world: World) -> None:
    """A mentor sees what a coordinator registered for them, and may not change it."""
    rest, activity = world.rest("mentor"), world.id("activity", "sven for sara")
    assert len(rest.get("activities", id=activity).body) == 1
    assert rest.update("activities", {"duration_minutes": 1}, id=activity).status == 204
    assert rest.update("activities", {"duration_minutes": 1}, single=True, id=activity).status == 406
    own = rest.update("activities", {"duration_minutes": 1}, single=True, id=world.id("activity", "sara's"))
    assert (own.status, own.body["duration_minutes"]) == (200, 1)


# Methods and limits. -----------------------------------------------------------------------------------


def test_what_writes_is_refused_by_get_and_what_only_reads_is_stable(world: World) -> None:
    rest, problems = world.rest("service_role"), []
    for function in world.functions():
        answer = rest.rpc(function["name"], world.arguments(function), method="GET")
        if function["volatility"] != "v" and not answer.ok:
            problems.append(described("GET", function["name"], answer))
        if function["volatility"] == "v" and answer.ok and function["name"].split("_")[0] in READING:
            problems.append(f"{function['name']} only reads: it should be STABLE")
        if not answer.ok and answer.status not in (400, 403, 404, 405):
            problems.append(described("GET", function["name"], answer))
    assert not problems
    written = rest.rpc("evaluate_badges", {"mentor_id": world.id("mentor", "sara")}, method="GET")
    assert (written.status, written.code) == (405, "25006")


READING = {"check", "explain", "find", "get", "list", "preview", "simulate"}

_BOUNDED = {
    "claim_hlf_sync": "batch_size, and never more than the row cap",
    "claim_notifications": "batch_size, and never more than the row cap",
    "complete_hlf_sync": "a row for each result, of which 1,000 may be sent",
    "complete_notifications": "a row for each message that was claimed, of which there are 1,000 at most",
    "continue_badge_reconciliation": "one row",
    "evaluate_badges": "a row for each active badge of an organisation",
    "preview_badge": "XX",
    "extend_hlf_sync_leases": "a row for each mentor, of which 1,000 may be named",
    "get_badge_progress": "a row for each leaf of the active badges of an organisation",
    "get_grant_summary": "a row for each category",
    "get_hlf_exposure": "one row",
    "get_hlf_removal_times": "one row",
    "get_hlf_sync_audit_summary": "three rows",
    "reconcile_badges": "one row",
    "reconcile_hlf_sync": "one row",
    "register_proxy_activities": "at most 500",
    "simulate_activities": "a row for each active badge of an organisation",
}


def test_no_set_of_rows_is_cut_without_a_word(world: World) -> None:
    """What can be longer than the row cap pages or at least says how many rows there are."""
    for function in world.functions():
        if not function["is_set"]:
            continue
        says = "total_count" in function["columns"] or "total_count" in function["arguments"]
        pages = {"page_limit", "page_offset"} <= set(function["arguments"])
        assert says or pages or function["name"] in _BOUNDED, f"{function['name']} may be cut by the row cap"


def test_a_page_says_how_many_rows_there_are(world: World) -> None:
    coordinator = world.rest("coordinator")
    world.superuser.execute(
        "select tests.make_certificate(name, current_date + 9) from unnest(array['tor', 'unn']) as name, "
        "lateral tests.make_mentor(name, 'south') as made"
    )
    simulated = coordinator.rpc(
        "simulate_certification_expiry", {"as_of": "2040-01-01", "page_limit": 1}
    ).body
    assert [row["total_count"] for row in simulated] == [2]
    world.superuser.execute(
        "insert into public.certification_expiry_runs (as_of, status) select current_date, 'crashed' from "
        "generate_series(1, 3)"
    )
    runs = coordinator.rpc("get_certification_runs", {"page_limit": 2}).body
    assert [row["total_count"] for row in runs] == [4, 4]
    rest_of_them = coordinator.rpc("get_certification_runs", {"page_limit": 2, "page_offset": 2}).body
    assert len({row["run_id"] for row in runs + rest_of_them}) == 4
    assert coordinator.rpc("get_certification_runs", {"page_limit": 1001}).code == "22023"


def test_a_claim_leases_no_more_than_it_can_return(world: World) -> None:
    """PostgREST's row cap, where it is set for its login: what is beyond it stays for the next claim."""
    world.superuser.execute(
        "insert into public.peer_mentors (organisation_id, display_name, dynamics_contact_id) "
        "select tests.id('organisation', 'north'), 'm', gen_random_uuid() from generate_series(1, 5)"
    )
    rest = world.rest("service_role", keep=True)
    rest.connection.execute("set pgrst.db_max_rows = '2'")
    rest.max_rows = 2
    claimed = rest.rpc("claim_hlf_sync", {"worker": "capped", "batch_size": 10, "lease": "1 minute"}).body
    assert len(claimed) == 2
    assert world.column("select count(*) from public.hlf_sync_state where leased_by = 'capped'") == [2]


# Errors. -----------------------------------------------------------------------------------------------


def test_the_statuses_of_the_errors_are_what_is_documented() -> None:
    """The table of docs/errors.md against PostgREST's."""
    page = (generate.DOCS / "errors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w{5})` \| (\d{3})(?:, for `anon` (\d{3}))? \|", page, flags=re.MULTILINE)
    assert len(rows) >= 9
    for code, status, for_anon in rows:
        assert http_status(code, "authenticated") == int(status), code
        assert http_status(code, "anon") == int(for_anon or status), code
    named = re.findall(r"`(\w{5})`(?: and `(\w{5})`)? \((?:HTTP )?(\d{3})\)", page)
    assert len(named) >= 4
    for code, other, status in named:
        assert {http_status(name, "authenticated") for name in (code, other or code)} == {int(status)}, code
    # One that the server raises itself as well, and that is caught before a client meets it.
    assert {code for code in generate.raised() if http_status(code, "authenticated") >= 500} <= {"57014"}


def test_the_faults_of_a_bulk_come_in_the_order_of_its_entries(world: World) -> None:
    good = {"mentor_id": world.id("mentor", "sara"), "activity_type": "visit", "occurred_on": "2026-02-01"}
    entries = [
        good | {"duration_minutes": 30, "mentor_id": str(uuid.uuid4())},
        good | {"duration_minutes": "long"},
        good | {"duration_minutes": 30, "mentor_id": world.id("mentor", "olga")},
        good | {"duration_minutes": 30, "mood": "good"},
    ]
    answer = world.rest("coordinator").rpc("register_proxy_activities", {"entries": entries})
    assert (answer.status, answer.code) == (400, "PL006")
    places = [
        int(found) for found in re.findall(r"^entries\[(\d+)\]", answer.details or "", flags=re.MULTILINE)
    ]
    assert places == [0, 1, 2, 3]


# Embedding. --------------------------------------------------------------------------------------------


def test_a_log_embeds_its_mentor_and_activity_as_far_as_the_caller_sees_them(world: World) -> None:
    sven = world.rest("coordinator")
    (entry,) = sven.embed("proxy_audit_log", ["mentor", "activity", "organisation"]).body
    assert entry["mentor"]["display_name"] == "sara"
    assert entry["activity"]["id"] == entry["proxy_activity_id"] == world.id("activity", "sven for sara")
    assert entry["organisation"]["slug"] == "south"
    # A log outlives what it speaks of.
    world.superuser.execute(
        "insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source) "
        "values (gen_random_uuid(), tests.id('organisation', 'south'), 1, 'manual')"
    )
    mentors = [row["mentor"] for row in sven.embed("badge_evaluation_logs", ["mentor"]).body]
    assert None in mentors
    assert {m["organisation_id"] for m in mentors if m} == {world.id("organisation", "south")}
    assert world.rest("mentor").embed("proxy_audit_log", ["mentor"]).body == []
    # The mentor of somebody else's organisation stays out of sight, whatever row is handed in.
    stranger = sven.connection
    stranger.execute("begin")
    stranger.execute("set local role authenticated")
    stranger.execute(
        "select set_config('request.jwt.claims', %s, true)", (json.dumps({"sub": world.id("user", "sven")}),)
    )
    row = stranger.execute(
        "select count(*) from public.mentor(row(gen_random_uuid(), %s, %s, 'active', 'paused', now(), "
        "null, 'direct', null, 0)"
        "::public.mentor_status_changes)",
        (world.id("organisation", "north"), world.id("mentor", "olga")),
    ).fetchone()
    stranger.execute("rollback")
    assert row == (0,)


def test_whatever_speaks_of_somebody_can_embed_them(world: World) -> None:
    """By a foreign key, or by a computed relationship of the name that docs/rest_api.md gives it."""
    wanted = {
        "mentor": (
            "peer_mentors",
            {"mentor_id", "peer_mentor_id", "attributed_mentor_id", "recipient_mentor_id"},
        ),
        "activity": ("activities", {"activity_id", "proxy_activity_id"}),
        "organisation": ("organisations", {"organisation_id", "org_id"}),
    }
    found = 0
    for table in world.tables():
        names = set(world.rest("service_role").columns(table))
        for function, (target, columns) in wanted.items():
            for column in names & columns:
                by_key = world.column(
                    f"select count(*) from pg_constraint inner join pg_attribute on attrelid = conrelid and "
                    f"attnum = any (conkey) where contype = 'f' and conrelid = 'public.{table}'::regclass "
                    f"and "
                    f"confrelid = 'public.{target}'::regclass and attname = '{column}'"
                )[0]
                by_function = world.column(
                    f"select to_regprocedure('public.{function}(public.{table})') is not null"
                )[0]
                assert by_key or by_function, f"{table}.{column} cannot be embedded"
                found += 1
    assert found > 30


def test_every_computed_relationship_is_inlined(world: World) -> None:
    """A page is one join, and the policies are asked once: no function is called for each row."""
    names = world.column(
        "select format('public.%I(t) from public.%s as t', proname, proargtypes[0]::regtype) from pg_proc "
        "where pronamespace = 'public'::regnamespace and pronargs = 1 and prorows = 1 "
        "and exists (select from pg_class where reltype = proargtypes[0])"
    )
    assert len(names) > 15
    for name in names:
        function, _, source = name.partition(" from ")
        plan = world.column(
            f"explain select 1 from {source} left join lateral {function} as f on true where f.* is null"
        )
        assert not any("Function Scan" in line for line in plan), name


def test_relationships_are_to_one_on_every_version(world: World) -> None:
    """Before PostgREST 12 and in generated types, a key's columns are compared in the order of the table."""
    rows = world.superuser.execute(
        """
        select
            key.conname,
            array(select n from unnest(key.conkey) as n) as key_columns,
            array(select n from unnest(key.conkey) as n order by n) as sorted
        from pg_constraint as key
        where
            key.contype = 'f' and key.connamespace = 'public'::regnamespace and exists (
                select from pg_constraint as met
                where met.conrelid = key.conrelid and met.contype in ('p', 'u')
                and met.conkey @> key.conkey and met.conkey <@ key.conkey
            )
        """
    ).fetchall()
    assert len(rows) >= 2
    for name, columns, ordered in rows:
        assert columns == ordered, name
    assert world.column("select count(*) from pg_constraint where contype = 'f' and not convalidated") == [0]


# Nobody else's numbers. --------------------------------------------------------------------------------


def test_what_one_organisation_does_changes_no_answer_of_another(world: World) -> None:
    """Every table and reading RPC, as sven of south sees them, before and after a busy day in north."""

    def answers() -> dict[str, Any]:
        rest, found = world.rest("coordinator"), {}
        for table in world.tables():
            readable = [
                f'"{name}"'
                for name in rest.columns(table)
                if world.column(
                    f"select has_column_privilege('authenticated', 'public.{table}', '{name}', 'select')"
                )[0]
            ]
            found[table] = sorted(map(json.dumps, rest.get(table, ", ".join(readable)).body))
        for function in world.functions():
            if "authenticated" in function["callers"] and function["name"].split("_")[0] in READING:
                found[function["name"]] = rest.rpc(function["name"], world.arguments(function)).body
        return found

    world.superuser.execute("select public.lift_legal_hold(tests.id('hold', 'south'))")
    before = answers()
    assert len(before) > 30
    for statement in _NORTH.split(";\n"):
        world.superuser.execute(statement.encode())
    after = answers()
    for name, answer in before.items():
        # A night is of all organisations: that it ran is everybody's, what it did is not.
        if name not in ("certification_expiry_runs", "get_certification_runs"):
            changed = dict(differences(answer, after[name], name))
            assert not {path: what for path, what in changed.items() if not re.search(_CLOCKS, path)}
    runs = [row for row in after["get_certification_runs"] if row["run_id"] == world.id("run", "second")]
    assert [
        (row["total_transitioned"], row["total_reminders_sent"], row["total_failures"]) for row in runs
    ] == [(0, 0, 0)]


def differences(old: Any, new: Any, path: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        for key in old:
            yield from differences(old[key], new[key], f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif old != new:
        yield path, (old, new)


# When a report was made, and how long something has been open, are different with each call.
# The seals are one tree for all organisations: its size is everybody's.
_CLOCKS = (
    r"[.](seals[.]\w+|made_at|checked_at|\w+_seconds|longest_open|longest_open_seconds|database_position)$"
)

_NORTH = """
select public.set_legal_hold(tests.id('organisation', 'north'), 'North-1');
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2026-03-01', 10 from
generate_series(1, 7);
select tests.make_certificate('liv', current_date + 6);
select public.run_certification_expiry(null, tests.id('run', 'second'));
select public.pause_hlf_sync(array[tests.id('organisation', 'north')]);
select tests.set_status('liv', 'paused');
select private.raise_alert('test', 'critical', 'Another test.', 'again:north', tests.id('organisation',
'north'));
select evaluated.* from public.peer_mentors as mentor, lateral public.evaluate_badges(mentor.id) as evaluated
where mentor.organisation_id = tests.id('organisation', 'north')
"""


_NIGHT = """
select tests.make_organisation('south'), tests.make_coordinator('sven', 'south');
select tests.make_mentor('sara', 'south'), tests.make_certificate('sara', current_date - 1);
select tests.make_organisation('north')
"""
_BUSY_NIGHT = """
select tests.make_mentor(name, 'north'), tests.make_certificate(name, current_date - 1)
from unnest(array['olga', 'berit', 'liv']) as name;
select tests.make_listed_mentor(name, 'north') from unnest(array['tor', 'unn']) as name;
select tests.make_certificate('tor', current_date + 7);
update public.peer_mentors set email = id || '@example.org'
"""


def test_what_a_night_says_to_one_organisation_is_of_that_one(database: Database, tmp_path: Path) -> None:
    """The same night of south, beside a quiet north and a busy one: what sven reads of it is the same."""
    told = []
    for statements in (_NIGHT, _NIGHT + ";" + _BUSY_NIGHT):
        other = Database(database.target, f"test_{uuid.uuid4().hex}")
        database.target.server.clone_database(database.target.template, other.name)
        superuser = other.superuser()
        for statement in statements.split(";"):
            superuser.execute(statement.encode())
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
        night = subprocess.run(
            [sys.executable, "-m", "peerledger", "nightly"],
            cwd=tmp_path,
            env=clean | {"PEERLEDGER_DATABASE_URL": other.dsn(database.target.server.migrator_dsn)},
            capture_output=True,
            text=True,
            check=False,
        )
        rest = World(other, superuser).rest("coordinator", "sven")
        nights = rest.get("job_runs", "job, state, reason, details").body
        assert {row["job"] for row in nights} > {"certification_expiry"}, night.stderr
        runs = rest.rpc("get_certification_runs").body
        told.append(
            [
                *sorted(re.sub(r"[0-9a-f-]{36}|20\d\d-[^\"]+", "…", json.dumps(row)) for row in nights),
                *(
                    [row["total_transitioned"], row["total_reminders_sent"], row["total_failures"]]
                    for row in runs
                ),
            ]
        )
        other.close()
        database.target.server.drop_database(other.name)
    assert told[0] == told[1]


# Realtime, and the cache of PostgREST. -----------------------------------------------------------------


def test_realtime_is_told_of_badges_and_each_user_of_their_own(world: World) -> None:
    """The publication, where there is one, and what Realtime asks: may the subscriber read the row?"""
    published = world.column(
        "select tablename from pg_publication_tables where pubname = 'supabase_realtime' order by 1"
    )
    assert published == (
        ["earned_badges", "notifications"] if world.database.target.server.is_supabase else []
    )
    keys = world.column(
        "select id from public.earned_badges where mentor_id = tests.id('mentor', 'sara') and revoked_at "
        "is null"
    )
    assert len(keys) == 1
    for user, sees in (("sara", True), ("sven", True), ("sol", False), ("olga", False), ("nina", False)):
        found = world.rest("authenticated", user).get("earned_badges", "1 as one", id=keys[0]).body
        assert bool(found) is sees, user


def test_a_migration_publishes_for_realtime_and_tells_postgrest(world: World) -> None:
    """As on Supabase, whose database has the publication before we come."""
    superuser = world.superuser
    name = f"test_{uuid.uuid4().hex}"
    server = world.database.target.server
    server.create_empty_database(name)
    dsn = server.dsn(server.migrator_dsn, name)
    try:
        with psycopg.connect(dsn, autocommit=True) as listener:
            if not listener.execute(
                "select 1 from pg_publication where pubname = 'supabase_realtime'"
            ).fetchone():
                listener.execute("create publication supabase_realtime")
            listener.execute("listen pgrst")
            database = RunnerDatabase(dsn, is_embedded=False, psql=None)
            migrate(database)
            listener.execute("select 1")
            assert [told.payload for told in listener.notifies(timeout=0)] == ["reload schema"]
            migrate(database)
            listener.execute("select 1")
            assert [told.payload for told in listener.notifies(timeout=0)] == []
            tables = listener.execute(
                "select tablename from pg_publication_tables where pubname = 'supabase_realtime' order by 1"
            ).fetchall()
            assert tables == [("earned_badges",), ("notifications",)]
            rollback(database, sum(file.stem >= "0027" for file in Tree().migrations()))
            assert listener.execute("select from pg_publication_tables").fetchall() == []
    finally:
        server.drop_database(name)
    assert superuser.execute("select 1").fetchone() == (1,)
    assert "notify pgrst, 'reload schema';" in render()
