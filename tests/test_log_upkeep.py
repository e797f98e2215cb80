"""The upkeep of the logs while others write into them: no entry is lost, and nobody waits for long."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from conftest import Database
from psycopg import errors

pytestmark = pytest.mark.two_targets

_ADD = """
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, duration_ms, source)
values (gen_random_uuid(), gen_random_uuid(), %s, 1, 'manual')
"""
_UPKEEP = "select private.ensure_log_partitions()"


@pytest.fixture
def lacking(database: Database) -> Database:
    """Both logs lack the partition of the month after next."""
    superuser = database.superuser()
    for table in missing(superuser):
        superuser.execute(f"drop table private.{table}".encode())
    return database


def missing(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "select format('%s_%s', log_name, to_char(date_trunc('month', now() at time zone 'utc') "
        "+ interval '2 months', 'YYYY_MM')) from private.logs order by 1"
    ).fetchall()
    return [str(row[0]) for row in rows]


def made(connection: psycopg.Connection) -> list[bool]:
    return [
        connection.execute("select to_regclass(%s) is not null", (f"private.{table}",)).fetchone() == (True,)
        for table in missing(connection)
    ]


def test_an_insert_of_this_month_and_the_upkeep_do_not_wait_for_each_other(lacking: Database) -> None:
    writer, upkeep = lacking.superuser(), lacking.superuser()
    upkeep.execute("set statement_timeout = '60s'")
    with writer.transaction():
        writer.execute(_ADD, ("now",))
        upkeep.execute(_UPKEEP)
        assert all(made(upkeep))
        writer.execute(_ADD, ("now",))
    assert writer.execute("select count(*) from public.badge_evaluation_logs").fetchone() == (2,)


def test_a_log_in_use_is_left_to_the_next_night(lacking: Database) -> None:
    """Somebody is adding to its default partition, which every new partition must be checked against."""
    writer, upkeep = lacking.superuser(), lacking.superuser()
    warnings: list[str | None] = []
    upkeep.add_notice_handler(lambda notice: warnings.append(notice.message_primary))
    with writer.transaction():
        writer.execute(_ADD, ("2019-03-05",))
        upkeep.execute(_UPKEEP)
        assert dict(zip(missing(upkeep), made(upkeep), strict=True)) == {
            table: not table.startswith("badge_evaluation_logs") for table in missing(upkeep)
        }
    assert warnings == ["peerledger: the partitions of badge_evaluation_logs have to wait (55P03)"]
    upkeep.execute(_UPKEEP)
    assert all(made(upkeep))
    assert upkeep.execute("select tableoid::regclass::text from public.badge_evaluation_logs").fetchall() == [
        ("private.badge_evaluation_logs_2019_03",)
    ]


def test_two_upkeeps_at_once_do_the_work_once(lacking: Database) -> None:
    connections = [lacking.superuser() for _ in range(4)]

    def attach(connection: psycopg.Connection) -> tuple[object, ...] | None:
        try:
            return connection.execute(_UPKEEP).fetchone()
        except errors.LockNotAvailable:
            # On a slow machine: it waits for another upkeep no longer than for anybody else.
            return (0,)

    with ThreadPoolExecutor(len(connections)) as pool:
        attached = list(pool.map(attach, connections))
    assert sorted(count == (0,) for count in attached) == [False, True, True, True]
    assert all(made(connections[0]))


def test_the_guards_are_read_again_only_where_something_was_made(lacking: Database) -> None:
    upkeep = lacking.superuser()
    upkeep.execute("set track_functions = 'all'")
    read = []
    for _ in range(2):
        # Of this transaction alone are the counts when those of the last one have been handed in.
        upkeep.execute("select pg_stat_force_next_flush()")
        with upkeep.transaction():
            upkeep.execute(_UPKEEP)
            read += upkeep.execute(
                "select calls from pg_stat_xact_user_functions where funcname = 'guard_changes'"
            ).fetchall()
    assert read == [(2,), (1,)]
    # What was made is what was marked.
    assert upkeep.execute("select object_name from private.guard_changes()").fetchall() == []


def test_few_months_ahead_raise_an_alert(database: Database) -> None:
    superuser = database.superuser()
    ahead = superuser.execute(
        "select relname from pg_class where relnamespace = 'private'::regnamespace and relispartition "
        "and relkind = 'r' and relname like 'badge\\_evaluation\\_logs\\_2%' "
        "and right(relname, 7) > to_char(now() at time zone 'utc' + interval '1 month', 'YYYY_MM')"
    ).fetchall()
    for (table,) in ahead:
        superuser.execute(f"drop table private.{table}".encode())
    superuser.execute("select private.watch_log_months()")
    assert superuser.execute(
        "select message from public.ops_alerts where kind = 'log_partitions_low'"
    ).fetchall() == [("badge_evaluation_logs has partitions for 1 more months. Run `peerledger migrate`.",)]
