"""Every table and RPC as clients reach it: in the SQL that the REST API sends, as each role, found in the catalog.

A table or function that is added later is in these tests by itself; a new argument needs a sample, in `World.arguments`.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from conftest import Database, new_database
from psycopg import sql
from rest import Answer, Rest, http_status

from docs import generate
from peerledger.database import Database as RunnerDatabase
from peerledger.migrate import migrate, render

ROLES = ("anon", "mentor", "coordinator", "service_role")

_WORLD = """
select tests.make_two_organisations();
update public.peer_mentors set user_id = tests.id('user', display_name);
select tests.make_listed_mentor('liv', 'north', 'oslo'), tests.make_listed_mentor('sol', 'south');
select tests.make_activity('sven for sara', 'sara', 'sven'), tests.make_activity('sol''s', 'sol');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', name), tests.id('organisation', name), 'first', 'First', '{"metric": "activity_count", "at_least": 1}'
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
select coalesce(tests.id('job', name), gen_random_uuid()), tests.id('organisation', name), 'some_job', current_date - 1, 'ran', now()
from unnest(array['north', 'south', null]) as name;
select public.pause_hlf_sync(array[tests.id('organisation', 'south')]);
select public.claim_hlf_sync('w', 10, '1 minute', true);
select public.complete_hlf_sync(jsonb_build_array(tests.sync_result('sol', 204)));
select tests.set_status('sol', 'paused');
update public.ops_alerts set id = tests.id('alert', 'south') where dedupe_key = 'test:south';
update public.legal_holds set id = tests.id('hold', 'south');
select public.start_badge_reconciliation();
select public.revoke_badge(tests.id('mentor', 'sol'), tests.id('badge', 'south'), 'A test.');
"""


@dataclass
class World:
    """Two organisations in which everything has happened that leaves a row: north, and south, where the callers are."""

    database: Database
    superuser: psycopg.Connection

    def id(self, kind: str, name: str) -> str:
        row = self.superuser.execute("select tests.id(%s, %s)", (kind, name)).fetchone()
        assert row is not None
        return str(row[0])

    def rest(self, role: str, user: str | None = None, *, keep: bool = False) -> Rest:
        """A mentor is sara, a coordinator sven; both of south."""
        user = user or {"mentor": "sara", "coordinator": "sven"}.get(role)
        connection = self.database._connect(self.database.target.server.login_dsn)
        role = role if role in ("anon", "service_role") else "authenticated"
        return Rest(connection, role, user and self.id("user", user), keep=keep)

    def column(self, query: str) -> list[Any]:
        return [row[0] for row in self.superuser.execute(query.encode()).fetchall()]

    def tables(self) -> list[str]:
        return self.column(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') "
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
                    select format_type(kind, null) from unnest(proargtypes) with ordinality as a (kind, nth) order by nth
                ) as types,
                pronargs - pronargdefaults as required,
                array(
                    select acl.grantee::regrole::text from aclexplode(proacl) as acl where acl.grantee <> proowner
                ) as callers,
                array(
                    select attname::text from pg_attribute
                    where attrelid = (select typrelid from pg_type where pg_type.oid = prorettype) and attnum > 0
                ) as columns
            from pg_proc
            where
                pronamespace = 'public'::regnamespace and proowner = 'peerledger_owner'::regrole
                and not exists (
                    select from pg_class where reltype = proargtypes[0] and relkind in ('r', 'p') and pronargs = 1
                )
            order by 1
            """
        )
        assert cursor.description
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def arguments(self, function: Mapping[str, Any], *, only_required: bool = False) -> dict[str, Any]:
        """What a careful client of south would send: by the name of the argument, and by the function where that matters."""
        sync = {"mentor_id": self.id("mentor", "sol"), "desired_version": 1, "worker": "w"}
        samples: dict[str, Any] = {
            "activity_id": self.id("activity", "sven for sara"),
            "activity_type": "visit",
            "alert_id": self.id("alert", "south"),
            "as_of": "2026-11-02",
            "badge_definition_id": self.id("badge", "south"),
            "batch_size": 10,
            "case_reference": "South-2",
            "changes": {"duration_minutes": 45},
            "coordinator_id": self.id("user", "sven"),
            "criteria": {"metric": "activity_count", "at_least": 1},
            "delivery_mode": "phone",
            "duration_minutes": 30,
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
            "lease": "5 minutes",
            "legal_hold_id": self.id("hold", "south"),
            "max_rows": 100,
            "mentor_id": self.id("mentor", "sara"),
            "mentor_ids": [self.id("mentor", "sol")],
            "observed": [{"dynamics_contact_id": self.id("contact", "sol"), "listed": False}],
            "occurred_on": "2026-02-02",
            "ok": True,
            "org_id": self.id("organisation", "south"),
            "organisation_id": self.id("organisation", "south"),
            "organisation_ids": [self.id("organisation", "south")],
            "page_limit": 10,
            "page_offset": 0,
            "participant_count": 2,
            "platform": "ios",
            "reason": "operator",
            "reconciliation_id": (self.column("select id from private.badge_reconciliations") or [None])[0],
            "refuse_duplicates": False,
            "results": [sync | {"dynamics_response_code": 204}],
            "run_id": self.id("run", "first"),
            "since": "2026-01-01T00:00:00Z",
            "suppress_notifications": True,
            "threshold": 30,
            "to_date": "2026-12-31",
            "to_status": "paused",
            "token": "token-of-a-new-device",
            "worker": "w",
        }
        special: dict[str, dict[str, Any]] = {
            "complete_notifications": {"results": [{"id": str(uuid.uuid4()), "worker": "w", "response_code": 200}]},
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
def world(database: Database) -> Iterator[World]:
    superuser = database.superuser()
    for statement in filter(str.strip, _WORLD.split(";\n")):
        superuser.execute(statement.encode())
    yield World(database, superuser)


def described(role: str, what: str, answer: Answer) -> str:
    return f"{role}: {what}: {answer.status} {answer.code} {answer.message}"


# Reading. -------------------------------------------------------------------------------------------------------------


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
                and world.column(f"select has_column_privilege('{rest.role}', 'public.{table}', '{name}', 'select')")[0]
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


# RPCs. ----------------------------------------------------------------------------------------------------------------


def test_each_rpc_answers_or_refuses_with_a_code_of_ours(world: World) -> None:
    """As each role, with what a careful client sends, with nothing but what is required, and with ids of nobody."""
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
    return dict(json.loads(re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", lambda found: make(found[0]), text)))
