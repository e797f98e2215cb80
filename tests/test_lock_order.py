"""Several mentors, or messages, are locked in the order of their ids: no two sessions wait for each other.

Another session holds the later mentor, and what is tested has to wait for it. By then it must hold the
earlier one: an attempt to lock that one, too, is refused at once.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from conftest import Database
from psycopg import errors

pytestmark = pytest.mark.two_targets

_PATIENCE = 60  # seconds, after which a test fails instead of hanging

# The later one is always the first to be stored and the first to be named.
_PREPARE = """
select tests.make_organisation('north');
create table mentors as
select name, tests.id('mentor', name) as id, row_number() over (order by tests.id('mentor', name)) as place
from (values ('olga'), ('berit')) as given (name);
do $$
declare
    v_name text;
begin
    for v_name in select name from mentors order by place desc loop
        perform tests.make_listed_mentor(v_name, 'north');
        perform tests.make_certificate(v_name, '2026-02-28');
        perform tests.make_activity(v_name, v_name);
    end loop;
    perform public.claim_hlf_sync('w', 10, '1 minute');
    for v_name in select name from mentors order by place desc loop
        update public.hlf_sync_state set updated_at = now() where mentor_id = tests.id('mentor', v_name);
    end loop;
end
$$;
create table messages as
select tests.id('message', name) as id, row_number() over (order by tests.id('message', name)) as place
from (values ('one'), ('two')) as given (name);
insert into public.notifications (
    id, organisation_id, recipient_mentor_id, kind, dedupe_key, state, leased_by, lease_expires_at
)
select
    id, tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'badge_awarded', place::text,
    'in_progress', 'w', now() + interval '1 hour'
from messages
order by place desc;
"""
_BOTH = "(select array_agg(id order by place desc) from mentors)"
_SYNC, _MENTORS, _MEASURES, _MESSAGES = (
    ("public.hlf_sync_state", "mentor_id", "mentors"),
    ("public.peer_mentors", "id", "mentors"),
    ("private.mentor_measures", "mentor_id", "mentors"),
    ("public.notifications", "id", "messages"),
)


@pytest.fixture
def north(database: Database) -> Database:
    database.superuser().execute(_PREPARE)
    return database


@pytest.mark.parametrize(
    ("statement", "locked"),
    [
        (f"select private.queue_hlf_sync({_BOTH}, 'reconciliation')", _SYNC),
        (f"select public.extend_hlf_sync_leases('w', {_BOTH}, '1 minute')", _SYNC),
        (
            "select public.complete_hlf_sync("
            "(select jsonb_agg(tests.sync_result(name, 204) order by place desc) from mentors))",
            _SYNC,
        ),
        ("select public.run_certification_expiry('2026-03-15')", _MENTORS),
        (f"select private.lock_mentor_measures({_BOTH})", _MEASURES),
        ("select public.forget_mentor(tests.id('mentor', 'olga'))", _MESSAGES),
        (
            "select public.complete_notifications("
            "(select jsonb_agg(jsonb_build_object('id', id, 'worker', 'w', 'response_code', 200)"
            " order by place desc) from messages))",
            _MESSAGES,
        ),
    ],
    ids=["queue", "extend", "complete", "expiry", "measures", "forget", "delivered"],
)
def test_rows_are_locked_in_the_order_of_their_ids(
    north: Database, statement: str, locked: tuple[str, str, str]
) -> None:
    table, column, source = locked
    lock = f"select from {table} where {column} = (select id from {source} where place = %s) for update"
    holder, worker, prober = (north.superuser() for _ in range(3))
    for connection in (holder, worker, prober):
        connection.execute(f"set statement_timeout = '{_PATIENCE}s'".encode())
    with ThreadPoolExecutor() as threads:
        with holder.transaction():
            assert holder.execute(lock.encode(), (2,)).rowcount == 1
            working = threads.submit(worker.execute, statement.encode())
            try:
                wait_for(prober, worker)
                with pytest.raises(errors.LockNotAvailable):
                    prober.execute(f"{lock} nowait".encode(), (1,))
            except BaseException:
                worker.cancel()
                raise
        working.result(_PATIENCE)


def wait_for(asking: psycopg.Connection, waiting: psycopg.Connection) -> None:
    """Until that session waits for another."""
    deadline = time.monotonic() + _PATIENCE
    while asking.execute(
        "select cardinality(pg_blocking_pids(%s))", (waiting.info.backend_pid,)
    ).fetchone() == (0,):
        assert time.monotonic() < deadline, "it never waited"
        time.sleep(0.01)
