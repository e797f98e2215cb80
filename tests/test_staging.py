"""`copy-for-staging`: nobody of the source is in the copy, its shapes are, and nothing else is ever written."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from conftest import Database, Target
from psycopg import sql

from peerledger import seal, staging
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.migrate import check
from peerledger.settings import Settings

pytestmark = pytest.mark.two_targets

# Every text that a person writes, and what points to a person elsewhere, holds the word; the address is its own.
CANARY, ADDRESS = "Brannfakkel", "198.51.100.77"
CONTACT = "c0ffee00-0000-4000-8000-00000000c0de"
ROWS = f"""
insert into public.organisations (id, slug, name) values ('00000000-0000-4000-8000-000000000001', 'north', 'North');
insert into public.chapters (id, organisation_id, name)
values ('00000000-0000-4000-8000-000000000010', '00000000-0000-4000-8000-000000000001', 'Bodø');
insert into public.coordinator_assignments (organisation_id, user_id)
values ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-0000000000c0');
insert into public.peer_mentors (
    id, organisation_id, chapter_id, user_id, display_name, email, phone, status, status_reason, dynamics_contact_id
)
select
    ('00000000-0000-4000-8000-0000000000' || number)::uuid, '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000010', gen_random_uuid(), '{CANARY} ' || number,
    -- Two of them are one person's.
    case when number < 13 then lower('{CANARY}') || '@north.no' end,
    case when number < 13 then '+4790 {CANARY}' end, 'active', '{CANARY}, for short',
    case when number = 11 then '{CONTACT}'::uuid end
from generate_series(11, 14) as number;
update public.peer_mentors set display_name = 'Forgotten mentor', email = null, phone = null, user_id = null
where id = '00000000-0000-4000-8000-000000000014';
insert into public.badge_definitions (id, organisation_id, slug, name, description, criteria)
values (
    '00000000-0000-4000-8000-000000000020', '00000000-0000-4000-8000-000000000001', 'first', 'The first', 'One visit.',
    '{{"all": [{{"metric": "activity_count", "at_least": 1}}]}}'
);
insert into public.activities (
    id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes
)
values
(
    '00000000-0000-4000-8000-000000000031', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000011', null, 'walk', '2026-02-01', 30
),
(
    '00000000-0000-4000-8000-000000000032', '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000012', '00000000-0000-4000-8000-0000000000c0', 'walk', '2024-02-01', 45
);
insert into public.activity_notes (activity_id, organisation_id, body) values
(
    '00000000-0000-4000-8000-000000000031', '00000000-0000-4000-8000-000000000001',
    'We met {CANARY} and her æøå mother, {CANARY}, at length.'
),
('00000000-0000-4000-8000-000000000032', '00000000-0000-4000-8000-000000000001', '');
insert into public.device_tokens (user_id, token, platform) values (gen_random_uuid(), '{CANARY}', 'ios');
insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on, voided_at, void_reason)
values (
    '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000012', '2026-01-01', '2028-01-01', now(),
    '{CANARY} was someone else'
);
insert into public.legal_holds (organisation_id, case_reference)
values ('00000000-0000-4000-8000-000000000001', '{CANARY}');
select private.record_security_event(
    'entry_erased', 'proxy_audit_log', details => '{{"case_reference": "7777777"}}'
);
update public.earned_badges set
    revoked_at = now(), revoke_reason = 'because of {CANARY}',
    evidence = evidence || '[{{"revoke_reason": "{CANARY}", "value": 3}}, {{"reason": null}}]'
where mentor_id = '00000000-0000-4000-8000-000000000011';
update public.peer_mentors set dynamics_contact_id = 'c0ffee00-0000-4000-8000-00000000c0df'
where id = '00000000-0000-4000-8000-000000000011';
select private.raise_alert(
    'website_contact_changed', 'warning', 'The contact of a mentor changed.', 'website_contact_changed:{CONTACT}',
    details => '{{"former_dynamics_contact_id": "{CONTACT}"}}'
);
select * from public.claim_notifications('{CANARY}', 1, as_of => date_trunc('day', now()) + interval '11 hours');
update public.hlf_sync_state set leased_by = '{CANARY}' where mentor_id = '00000000-0000-4000-8000-000000000011';
"""
# As somebody who could become our owner restores an entry: an address, and a login that is called after a person.
EVENT = f"""
insert into public.security_events (event_kind, session_role, acting_role, client_address)
values ('log_change_refused', '{CANARY}', 'postgres', '{ADDRESS}')
"""
# What of a masked column says nothing about anybody.
SHAPES = (
    "select length(body) from public.activity_notes order by activity_id",
    "select email is null, phone is null, dynamics_contact_id is null, length(status_reason) "
    "from public.peer_mentors order by id",
    "select length(revoke_reason), jsonb_path_query_array(evidence, '$[*].value'), "
    "jsonb_path_exists(evidence, '$[*] ? (@.reason == null)') from public.earned_badges order by id",
    "select count(*), count(distinct email), count(distinct phone) from public.peer_mentors",
)
FOREIGN_KEYS = """
select
    reference.conrelid::regclass::text, reference.confrelid::regclass::text,
    array(select attname::text from unnest(conkey) with ordinality as key (number, position)
        inner join pg_attribute on attrelid = conrelid and attnum = number order by position),
    array(select attname::text from unnest(confkey) with ordinality as key (number, position)
        inner join pg_attribute on attrelid = confrelid and attnum = number order by position)
from pg_constraint as reference
where
    reference.contype = 'f' and reference.conparentid = 0
    and reference.connamespace in ('public'::regnamespace, 'private'::regnamespace)
"""


def runner(database: Database) -> RunnerDatabase:
    return RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)


@pytest.fixture
def source(database: Database) -> Database:
    with database.superuser() as connection:
        for statement in ROWS.split(";\n"):
            connection.execute(statement.encode())
        connection.execute("set session_replication_role = replica")
        connection.execute(EVENT.encode())
    return database


@pytest.fixture
def empty(target: Target) -> Iterator[Database]:
    """As a hoster hands it out."""
    made = Database(target, f"staging_{uuid.uuid4().hex}")
    target.server.create_empty_database(made.name)
    yield made
    made.close()
    target.server.drop_database(made.name)


def copy(source: Database, empty: Database) -> dict[str, int]:
    copied = staging.run(runner(source), runner(empty), Settings.model_construct(), lambda line: None)
    return {each.table: each.rows for each in copied}


def columns(database: Database) -> dict[str, dict[str, bool]]:
    with database.superuser() as connection:
        return staging._columns(connection)


def contents(database: Database, table: str, chosen: list[str]) -> list[tuple[str, ...]]:
    query = sql.SQL("select {} from {} order by 1").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in chosen),
        sql.Identifier(*table.split(".")),
    )
    with database.superuser() as connection:
        return sorted(connection.execute(query).fetchall(), key=repr)


def everything(database: Database) -> dict[str, list[tuple[str, ...]]]:
    return {table: contents(database, table, list(found)) for table, found in columns(database).items()}


def test_each_column_of_each_table_is_kept_or_masked(database: Database) -> None:
    rules = staging.load_rules()
    found = columns(database)
    assert rules.rules.keys() | rules.left_out == found.keys()
    assert not rules.rules.keys() & rules.left_out
    for table, rule in rules.rules.items():
        listed = [*rule.kept, *rule.masked, *rule.new]
        assert sorted(listed) == sorted(found[table]), table


def test_a_column_that_nobody_has_listed_stops_the_copy(source: Database, empty: Database) -> None:
    with source.superuser() as connection:
        connection.execute("alter table public.peer_mentors add column nickname text")
    with pytest.raises(RunnerError, match=r"public\.peer_mentors\.nickname"):
        copy(source, empty)
    with empty.superuser() as connection:
        assert connection.execute("select to_regclass('public.organisations')").fetchone() == (None,)


def test_nobody_is_in_the_copy_and_its_shapes_are(source: Database, empty: Database) -> None:
    before = everything(source)
    held = str(before)
    # What is looked for below is there.
    words = (CANARY, CANARY.lower(), ADDRESS, CONTACT[:8], "7777777")
    assert all(word in held for word in words)
    rows = copy(source, empty)
    assert everything(source) == before
    assert check(runner(empty)).is_empty

    after = everything(empty)
    found = str(after)
    assert [word for word in words if word in found] == []
    # The masks leave nothing empty that was not, and what is kept is as it was.
    rules = staging.load_rules()
    filled = {table for table, number in rows.items() if number}
    assert {"public.peer_mentors", "public.proxy_audit_log", "private.mentor_measures"} <= filled
    for table, rule in rules.rules.items():
        kept = contents(empty, table, list(rule.kept))
        wanted = contents(source, table, list(rule.kept))
        if table in staging._FILLED_BY_MIGRATE and table != staging._REPLACED:
            assert set(wanted) <= set(kept), table
        else:
            assert kept == wanted, table
        assert rows[table] == len(wanted), table

    with source.superuser() as old, empty.superuser() as new:
        for table, to, columns_from, columns_to in new.execute(FOREIGN_KEYS.encode()).fetchall():
            pairs = zip(columns_from, columns_to, strict=True)
            joined = " and ".join(f'child."{child}" = parent."{parent}"' for child, parent in pairs)
            present = " and ".join(f'child."{name}" is not null' for name in columns_from)
            orphans = new.execute(
                f"select count(*) from {table} as child where {present} "
                f"and not exists (select from {to} as parent where {joined})".encode()
            ).fetchone()
            assert orphans == (0,), (table, to)
        for query in SHAPES:
            assert new.execute(query.encode()).fetchall() == old.execute(query.encode()).fetchall(), query
        people = new.execute(
            "select display_name, email, phone from public.peer_mentors order by id"
        ).fetchall()
        assert people[0][1].endswith("@example.org")
        assert people[2][1:] == people[3][1:] == (None, None)
        assert people[3][0] == "Forgotten mentor"
        assert all("Prøve" in name for name, _, _ in people[:3])


def test_a_copy_is_analyzed(source: Database, empty: Database) -> None:
    """Nobody waits for autovacuum, which may be off."""
    filled = {table for table, number in copy(source, empty).items() if number}
    with empty.superuser() as connection:
        known = connection.execute(
            "select format('%s.%s', counted.schemaname, counted.relname) from pg_stat_user_tables as counted "
            "where counted.last_analyze is not null"
        ).fetchall()
    assert len(filled) > 20
    assert filled <= {table for (table,) in known}


def test_nobody_gets_a_message_out_of_a_copy(source: Database, empty: Database) -> None:
    due = "select count(*) from public.claim_notifications('tester', 100, as_of => '2200-01-01T11:00:00Z')"
    copy(source, empty)
    with source.superuser() as old, empty.superuser() as new:
        waiting = "select count(*) from public.notifications where state <> 'sent'"
        # One was on its way, one was still to come; the copy has both, and sends none.
        assert old.execute(
            b"select count(*) from public.notifications where leased_by is not null"
        ).fetchone()
        assert new.execute(waiting.encode()).fetchone() == old.execute(waiting.encode()).fetchone()
        assert old.execute(due.encode()).fetchone() != (0,)
        assert new.execute(due.encode()).fetchone() == (0,)


def test_a_copy_has_a_tree_of_its_own_and_is_complete(source: Database, empty: Database) -> None:
    seal.seal(runner(source))
    copy(source, empty)
    with empty.superuser() as connection:
        assert connection.execute("select count(*) from private.sealed_entries").fetchone() == (0,)
        assert seal.seal(runner(empty)).entries > 0
        # The first seal is an entry itself.
        seal.seal(runner(empty))
        unsealed = connection.execute("select private.status_numbers() -> 'unsealed_entries'").fetchone()
        assert unsealed == (0,)
        gaps = "select * from private.log_gaps(null) order by 1, 2, 3, 4"
        found = connection.execute(gaps.encode()).fetchall()
    with source.superuser() as connection:
        assert connection.execute(gaps.encode()).fetchall() == found


def test_a_number_that_was_given_is_not_given_again(source: Database, empty: Database) -> None:
    copy(source, empty)
    following = "select nextval(pg_get_serial_sequence('private.badge_measures', 'id'))"
    with source.superuser() as old, empty.superuser() as new:
        assert new.execute(following.encode()).fetchone() == old.execute(following.encode()).fetchone()


def test_a_database_that_is_not_empty_is_refused(source: Database, empty: Database) -> None:
    copy(source, empty)
    before = everything(empty)
    with pytest.raises(RunnerError, match="is not empty") as refused:
        copy(source, empty)
    assert refused.value.exit_code == 2
    assert everything(empty) == before


def test_the_source_itself_is_refused(source: Database) -> None:
    with pytest.raises(RunnerError, match="the database that is to be copied"):
        copy(source, source)


def test_a_copy_is_whole_or_there_is_none(source: Database, empty: Database) -> None:
    from peerledger.migrate import migrate

    migrate(runner(empty))
    with empty.superuser() as connection:
        connection.execute("alter table public.activities add constraint none check (false)")
    with pytest.raises(RunnerError, match="Copying"):
        copy(source, empty)
    with empty.superuser() as connection:
        assert connection.execute("select count(*) from public.organisations").fetchone() == (0,)


def test_the_source_is_read_in_a_transaction_that_cannot_write(database: Database) -> None:
    with runner(database).connect() as connection:
        staging._read_only(connection)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("delete from public.organisations")


def test_the_command(source: Database, empty: Database) -> None:
    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PEERLEDGER_")}
        return subprocess.run(
            [sys.executable, "-m", "peerledger", "copy-for-staging", *arguments],
            env=clean | settings,
            capture_output=True,
            text=True,
            check=False,
        )

    urls = {"PEERLEDGER_DATABASE_URL": runner(source).conninfo}
    missing = run(**urls)
    assert missing.returncode == 2
    assert "PEERLEDGER_STAGING_URL is not set" in missing.stderr
    urls["PEERLEDGER_STAGING_URL"] = runner(empty).conninfo
    dry = run("--dry-run", **urls)
    assert dry.returncode == 0, dry.stderr
    assert "Nothing was written." in dry.stdout
    with empty.superuser() as connection:
        assert connection.execute("select to_regclass('public.organisations')").fetchone() == (None,)
    done = run(**urls)
    assert done.returncode == 0, done.stderr
    assert "pseudonymous" in done.stdout
    for output in (dry, done):
        assert CANARY not in output.stdout + output.stderr
