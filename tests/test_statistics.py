"""Tables whose statistics call them empty, and are not: told by status, mended by what fills tables."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from conftest import Database

from peerledger import statistics
from peerledger.database import Database as RunnerDatabase
from peerledger.load import load
from peerledger.migrate import migrate

pytestmark = pytest.mark.two_targets

LIMIT = 10_000
MANY = f"select number from generate_series(1, {LIMIT}) as number"
ORG = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def opened(database: Database) -> RunnerDatabase:
    return RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)


@pytest.fixture
def filled(database: Database) -> Iterator[psycopg.Connection]:
    """An empty table of ours, which autovacuum may not analyze while we look."""
    connection = database.superuser()
    connection.execute("create table private.filled (number int)")
    connection.execute("alter table private.filled owner to peerledger_owner")
    with database.superuser() as other, other.transaction():
        other.execute("lock table private.filled in share update exclusive mode")
        yield connection


def count(connection: psycopg.Connection) -> None:
    connection.execute("select pg_stat_force_next_flush()")


def named(connection: psycopg.Connection) -> list[tuple[str, int | None, str | None]]:
    found = connection.execute("select table_name, row_count, obstacle from private.tables_to_analyze()")
    return found.fetchall()


def problems(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("select message from private.problems_of_statistics(now(), null)")
    return [message for (message,) in found.fetchall()]


def test_many_rows_begin_at_their_limit(filled: psycopg.Connection) -> None:
    filled.execute(f"insert into private.filled {MANY} offset 1".encode())
    count(filled)
    assert named(filled) == []
    filled.execute("insert into private.filled values (1)")
    count(filled)
    assert named(filled) == [("private.filled", LIMIT, None)]


def test_what_autovacuum_will_see_to_is_counted_and_needs_nobody(filled: psycopg.Connection) -> None:
    filled.execute(f"insert into private.filled {MANY}".encode())
    count(filled)
    assert problems(filled) == []
    numbers = filled.execute("select private.status_numbers() -> 'tables_to_analyze'").fetchone()
    assert numbers == (1,)
    filled.execute("set track_counts = off")
    (message,) = problems(filled)
    assert "autovacuum is off: private.filled (10,000 rows)." in message


def test_autovacuum_that_is_off_is_the_first_thing_to_say(filled: psycopg.Connection) -> None:
    filled.execute(f"insert into private.filled {MANY}".encode())
    count(filled)
    filled.execute("alter system set autovacuum = off")
    try:
        filled.execute("select pg_reload_conf()")
        while filled.execute("show autovacuum").fetchone() != ("off",):
            pass
        assert named(filled) == [("private.filled", LIMIT, "autovacuum is off")]
    finally:
        filled.execute("alter system reset autovacuum")
        filled.execute("select pg_reload_conf()")


def test_a_table_that_autovacuum_leaves_out_is_a_problem(filled: psycopg.Connection) -> None:
    filled.execute("update pg_class set reloptions = '{autovacuum_enabled=false}' where relname = 'filled'")
    filled.execute(f"insert into private.filled {MANY}".encode())
    count(filled)
    (message,) = problems(filled)
    assert "autovacuum is off for them: private.filled (10,000 rows)." in message


def test_a_table_of_dead_rows_is_empty(filled: psycopg.Connection) -> None:
    for _ in range(3):
        filled.execute(f"insert into private.filled {MANY}".encode())
    filled.execute("delete from private.filled")
    count(filled)
    assert named(filled) == []


def test_rows_that_came_after_an_analysis_of_dead_ones_are_seen(database: Database) -> None:
    """The planner goes on taking the table for empty, whatever it grows to; a row of a million is the same."""
    connection = database.superuser()
    connection.execute("create table private.filled (number int) with (autovacuum_enabled = false)")
    connection.execute("alter table private.filled owner to peerledger_owner")
    connection.execute(f"insert into private.filled {MANY}".encode())
    connection.execute("delete from private.filled")
    connection.execute("analyze private.filled")
    count(connection)
    assert named(connection) == []
    connection.execute(f"insert into private.filled {MANY}".encode())
    count(connection)
    plan = connection.execute("explain (format json) select from private.filled").fetchone()
    assert plan is not None
    assert plan[0][0]["Plan"]["Plan Rows"] == 1
    assert named(connection) == [("private.filled", LIMIT, "autovacuum is off for them")]


def test_what_grew_since_it_was_analyzed_is_not_misjudged(database: Database) -> None:
    """Of each page the planner expects as many rows as there were."""
    connection = database.superuser()
    connection.execute("create table private.filled (number int) with (autovacuum_enabled = false)")
    connection.execute("alter table private.filled owner to peerledger_owner")
    connection.execute("insert into private.filled select generate_series(1, 50)")
    connection.execute("analyze private.filled")
    connection.execute(f"insert into private.filled {MANY}".encode())
    count(connection)
    assert named(connection) == []


def test_migrate_analyzes_what_needs_it(database: Database, opened: RunnerDatabase) -> None:
    """Also where nothing else is to be done: it is what status says."""
    connection = database.superuser()
    connection.execute(
        "update pg_class set relpages = 45, reltuples = 0, reloptions = '{autovacuum_enabled=false}' "
        "where oid = 'public.organisations'::regclass"
    )
    connection.execute("set session_replication_role = replica")
    connection.execute(
        "insert into public.organisations (slug, name) "
        f"select 'o-' || number, 'O' from generate_series(1, {LIMIT}) as number"
    )
    count(connection)
    assert len(problems(connection)) == 1
    said: list[str] = []
    migrate(opened, report=said.append)
    assert said == ["analyze public.organisations"]
    assert problems(connection) == []


def test_what_cannot_be_analyzed_keeps_nothing_from_its_end(opened: RunnerDatabase) -> None:
    said: list[str] = []
    statistics.analyze_what_needs_it(opened, ["private.nowhere"], said.append)
    assert said[-1].startswith("Not all tables could be analyzed: ")


def test_a_load_analyzes_what_it_and_its_triggers_filled(
    database: Database, opened: RunnerDatabase, tmp_path: Path
) -> None:
    connection = database.superuser()
    connection.execute("insert into public.organisations (id, slug, name) values (%s, 'n', 'N')", (ORG,))
    lines = [f"{ORG[:-12]}{number:012},{ORG},Kari" for number in range(LIMIT)]
    (tmp_path / "peer_mentors.csv").write_text("\n".join(["id,organisation_id,display_name", *lines]))
    (tmp_path / "chapters.csv").write_text(f"id,organisation_id,name\n{ORG},{ORG},C\n")
    load(opened, tmp_path, dry_run=True)
    assert analyzed(connection) == []
    load(opened, tmp_path)
    found = dict(analyzed(connection))
    assert found["peer_mentors"] == LIMIT
    assert found["chapters"] == 1
    month = connection.execute(
        "select relname from pg_class where oid = (select tableoid from public.administrative_changes limit 1)"
    ).fetchone()
    assert month is not None
    assert found[month[0]] >= LIMIT
    assert named(connection) == []


def analyzed(connection: psycopg.Connection) -> list[tuple[str, int]]:
    """Not by autovacuum."""
    return connection.execute(
        "select class.relname, class.reltuples::int from pg_class as class "
        "inner join pg_stat_user_tables as counted on counted.relid = class.oid "
        "where counted.last_analyze is not null"
    ).fetchall()
