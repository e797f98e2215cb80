"""An attempt to change a log leaves a record that its own rollback does not take along."""

import threading
import time

import psycopg
import pytest
from conftest import Database
from psycopg import errors, sql

from peerledger import status
from peerledger.database import Database as RunnerDatabase

pytestmark = pytest.mark.two_targets

_EVENTS = """
select table_name, statement_kind, session_role, acting_role, caller_id::text
from public.security_events where event_kind = 'log_change_refused' order by occurred_at
"""


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query.encode()).fetchall()


def is_recorded_at_once(database: Database) -> bool:
    return rows(database.superuser(), "select private.security_events_go_to()") == [("table",)]


def events(database: Database, expected: int) -> list[tuple[object, ...]]:
    """Waits: an entry that had to wait for the attempt's own lock comes just after it."""
    superuser = database.superuser()
    give_up_at = time.monotonic() + 60
    while len(found := rows(superuser, _EVENTS)) < expected and time.monotonic() < give_up_at:
        time.sleep(0.01)
    return found


@pytest.fixture
def recorded(database: Database) -> Database:
    if not is_recorded_at_once(database):
        pytest.skip("no loopback connection without a password here: see the test of the count")
    return database


def test_where_attempts_are_recorded(database: Database) -> None:
    """By superusers' means on a plain server; Supabase's postgres has none."""
    assert is_recorded_at_once(database) is not database.target.server.is_supabase


@pytest.mark.parametrize("role", ["postgres", "peerledger_owner"])
@pytest.mark.parametrize("statement", ["update {} set id = id", "delete from {}", "truncate {}"])
def test_an_attempt_outlives_its_rollback(recorded: Database, role: str, statement: str) -> None:
    connection = recorded.superuser()
    tables = rows(connection, "select log_table::regclass::text from tests.log_tables order by 1")
    sub = "6f1b1b0a-3c1e-4c55-9a55-0f4d7f3a2b11"
    connection.execute("select set_config('request.jwt.claims', %s, false)", (f'{{"sub": "{sub}"}}',))
    connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    for (table,) in tables:
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement.format(table).encode())
    found = events(recorded, len(tables))
    kind = statement.split()[0].upper()
    assert sorted(found, key=str) == sorted(
        ((str(table).split(".")[-1], kind, "postgres", role, sub) for (table,) in tables), key=str
    )


def test_an_attempt_inside_a_block_that_swallows_it_is_recorded_too(recorded: Database) -> None:
    recorded.superuser().execute(
        "do $$ begin delete from public.badge_evaluation_logs; exception when others then null; end $$"
    )
    assert len(events(recorded, 1)) == 1


@pytest.mark.parametrize("claims", ["no json", '{"sub": "no uuid"}', "[]"])
def test_unreadable_claims_hide_nobody(recorded: Database, claims: str) -> None:
    connection = recorded.superuser()
    connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute("delete from public.badge_evaluation_logs")
    assert [event[4] for event in events(recorded, 1)] == [None]


def test_many_attempts_under_ones_own_lock_do_not_exhaust_connections(recorded: Database) -> None:
    connection = recorded.superuser()
    with connection.transaction(force_rollback=True):
        connection.execute("lock table public.security_events in access exclusive mode")
        for _ in range(20):
            with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                connection.execute("delete from public.badge_evaluation_logs")
        opened = rows(
            connection,
            "select count(*) from pg_stat_activity "
            "where application_name = 'peerledger.security' and datname = current_database()",
        )
        assert opened == [(1,)]
    assert len(events(recorded, 1)) == 1
    recorded.superuser().execute("select private.ensure_log_partitions()")
    assert rows(
        recorded.superuser(),
        "select details from public.security_events where event_kind = 'refusals_unrecorded'",
    ) == [({"attempts_at_most": 19},)]


def test_an_attempt_that_cannot_be_recorded_at_once_is_refused_and_counted(database: Database) -> None:
    superuser = database.superuser()
    superuser.execute("drop extension if exists dblink")
    assert not is_recorded_at_once(database)
    for _ in range(3):
        with pytest.raises(errors.InsufficientPrivilege):
            superuser.execute("delete from public.badge_evaluation_logs")
    superuser.execute("select private.ensure_log_partitions()")
    superuser.execute("select private.ensure_log_partitions()")
    assert rows(
        superuser, "select details from public.security_events where event_kind = 'refusals_unrecorded'"
    ) == [({"attempts_at_most": 3},)]
    assert rows(superuser, "select severity from public.ops_alerts where kind = 'log_change_refused'") == [
        ("critical",)
    ]


@pytest.mark.parametrize("gone", ["public.security_events", "private.unrecorded_refusals"])
def test_a_refusal_stays_a_refusal_whatever_is_missing(database: Database, gone: str) -> None:
    superuser = database.superuser()
    superuser.execute(f"drop {'sequence' if 'refusals' in gone else 'table'} {gone} cascade".encode())
    superuser.execute("drop function private.write_security_event")
    with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
        superuser.execute("truncate public.badge_evaluation_logs")


def test_a_server_without_free_connections_still_refuses(recorded: Database) -> None:
    superuser = recorded.superuser()
    with psycopg.connect(recorded.target.server.superuser_dsn, autocommit=True) as elsewhere:
        elsewhere.execute(
            sql.SQL("alter database {} allow_connections false").format(sql.Identifier(recorded.name))
        )
        with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
            superuser.execute("delete from public.badge_evaluation_logs")
    assert rows(superuser, "select last_value, is_called from private.unrecorded_refusals") == [(1, True)]


def test_a_cancelled_attempt_changes_nothing(recorded: Database) -> None:
    """Cancelled while its record waits for somebody else's lock."""
    blocker, attacker, watcher = (recorded.superuser() for _ in range(3))
    outcome: list[type] = []

    def attack() -> None:
        try:
            attacker.execute("delete from public.badge_evaluation_logs")
        except psycopg.Error as error:
            outcome.append(type(error))

    with blocker.transaction():
        blocker.execute("lock table public.security_events in access exclusive mode")
        thread = threading.Thread(target=attack)
        thread.start()
        while thread.is_alive() and not rows(
            watcher,
            "select from pg_stat_activity where application_name = 'peerledger.security' "
            "and wait_event_type = 'Lock' and datname = current_database()",
        ):
            time.sleep(0.005)
        attacker.cancel()
        thread.join()
    assert outcome == [errors.InsufficientPrivilege]


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
@pytest.mark.parametrize(
    "call",
    [
        "private.write_security_event('{}')",
        "private.record_security_event('log_change_refused')",
        "private.record_refusal('badge_evaluation_logs', 'DELETE')",
        "private.make_security_event('log_change_refused')",
        "private.refuse_log_change()",
        "nextval('private.unrecorded_refusals')",
    ],
)
def test_records_of_attempts_cannot_be_forged(database: Database, role: str, call: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        database.connect_as(role).execute(f"select {call}".encode())


def test_the_service_role_reports_in_no_other_name(database: Database) -> None:
    client = database.connect_as("service_role")
    statement = b"insert into public.security_events (event_kind) values (%s)"
    assert client.execute(statement + b" returning session_role, acting_role", ("reported",)).fetchall() == [
        ("authenticator", "service_role")
    ]
    for kind in ("log_change_refused", "log_archived", "mentor_forgotten"):
        with pytest.raises(errors.InsufficientPrivilege):
            client.execute(statement, (kind,))


def test_disabling_and_enabling_a_guard_leaves_a_trace(database: Database) -> None:
    superuser = database.superuser()
    superuser.execute("select private.ensure_log_partitions()")
    before = rows(
        superuser, "select count(*) from public.security_events where event_kind = 'log_guards_changed'"
    )
    superuser.execute("select private.ensure_log_partitions()")
    assert before == rows(
        superuser, "select count(*) from public.security_events where event_kind = 'log_guards_changed'"
    ), "nothing happened, nothing is recorded"
    with superuser.transaction():
        superuser.execute("alter table public.badge_evaluation_logs disable trigger _100_no_delete")
        superuser.execute("alter table public.badge_evaluation_logs enable always trigger _100_no_delete")
    superuser.execute("select private.ensure_log_partitions()")
    assert rows(
        superuser,
        "select table_name, details from public.security_events "
        "where event_kind = 'log_guards_changed' order by occurred_at desc limit 1",
    ) == [
        (
            "badge_evaluation_logs",
            {
                "object": "public.badge_evaluation_logs",
                "change": "changed",
                "parts": ["trigger _100_no_delete"],
            },
        )
    ]


@pytest.mark.parametrize(
    "change",
    [
        "alter table public.badge_evaluation_logs disable trigger _100_no_update",
        "alter table public.badge_evaluation_logs enable trigger _100_no_truncate",
        "drop trigger _200_no_row_change on public.badge_evaluation_logs",
        "alter table private.badge_evaluation_logs_default disable trigger all",
        "alter table public.badge_evaluation_logs no force row level security",
        'drop policy "Nobody removes an entry" on public.badge_evaluation_logs',
        "grant select on private.badge_evaluation_logs_default to service_role",
        "create policy open on private.badge_evaluation_logs_default using (true)",
    ],
)
def test_a_missing_guard_is_noticed(database: Database, change: str) -> None:
    superuser = database.superuser()
    assert rows(superuser, "select problem from private.log_guards() where problem <> ''") == []
    superuser.execute(change.encode())
    assert rows(superuser, "select log_name from private.log_guards() where problem <> '' limit 1") == [
        ("badge_evaluation_logs",)
    ]
    superuser.execute("select private.ensure_log_partitions()")
    assert rows(superuser, "select severity from public.ops_alerts where kind = 'log_guards_missing'") == [
        ("critical",)
    ]


def test_a_dropped_partition_is_noticed(database: Database) -> None:
    superuser = database.superuser()
    month = rows(superuser, "select to_char(now() at time zone 'utc', 'YYYY_MM')")[0][0]
    superuser.execute(f"drop table private.badge_evaluation_logs_{month}".encode())
    superuser.execute("select private.ensure_log_partitions()")
    # Made anew in the same breath, yet another one than was there.
    assert rows(
        superuser,
        "select table_name from public.security_events where event_kind in "
        "('log_guards_changed', 'log_partition_missing') order by occurred_at desc limit 1",
    ) == [("badge_evaluation_logs",)]
    superuser.execute("drop table private.badge_evaluation_logs_default")
    superuser.execute("select private.watch_logs()")
    assert rows(superuser, "select kind, severity from public.ops_alerts") == [
        ("log_partition_missing", "critical")
    ]


def test_status_says_where_attempts_go_and_which_guard_is_missing(database: Database) -> None:
    runner = RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)
    state = status.read(runner)
    assert state.problems == []
    goes_to = state.numbers["refused_changes_go_to"]
    assert goes_to == ("server log" if database.target.server.is_supabase else "table")
    database.superuser().execute("alter table public.security_events disable trigger _100_no_delete")
    said = [problem.message for problem in status.read(runner).problems]
    assert [words for words in said if words.startswith("A log is not guarded")] == [
        "A log is not guarded as it should be: security_events: missing or not always on: _100_no_delete"
    ]


def test_operators_are_alerted_to_an_attempt(recorded: Database) -> None:
    superuser = recorded.superuser()
    for _ in range(2):
        with pytest.raises(errors.InsufficientPrivilege):
            superuser.execute("delete from public.badge_evaluation_logs")
    for _ in range(2):
        superuser.execute("select private.ensure_log_partitions()")
    alerts = rows(
        superuser, "select severity, message from public.ops_alerts where kind = 'log_change_refused'"
    )
    assert [severity for severity, _ in alerts] == ["critical"]
    assert " 2 times " in str(alerts[0][1])
