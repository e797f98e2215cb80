"""What the tests of the seals share."""

import uuid
from pathlib import Path
from typing import Any

import psycopg
from conftest import Database

from peerledger.database import Database as RunnerDatabase
from peerledger.settings import Settings

LOG = "badge_evaluation_logs"
_FILL = """
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source)
select tests.id('mentor', 'olga'), tests.id('organisation', 'north'), number, 'manual'
from generate_series(1, %s) as number
"""


def runner(database: Database) -> RunnerDatabase:
    return RunnerDatabase(database.dsn(database.target.server.migrator_dsn), is_embedded=False, psql=None)


def settings(directory: Path, **given: object) -> Settings:
    values: dict[str, Any] = {"data_dir": directory, "seal_dir": directory / "seals"} | given
    return Settings.model_construct(None, **values)


def fill(connection: psycopg.Connection, entries: int) -> None:
    connection.execute(_FILL, (entries,))


def seal(connection: psycopg.Connection, limit: int = 50_000) -> int:
    """One batch; how many leaves it added."""
    row = connection.execute(
        "select coalesce(tree_size - first_index, 0) from private.seal_logs(%s)", (limit,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def seal_all(connection: psycopg.Connection, limit: int = 50_000) -> int:
    total = 0
    while sealed := seal(connection, limit):
        total += sealed
    return total


def leaves(connection: psycopg.Connection) -> list[bytes]:
    rows = connection.execute(
        "select hashes from private.seal_tiles where level = 0 order by tile"
    ).fetchall()
    hashes = b"".join(row[0] for row in rows)
    return [hashes[at : at + 32] for at in range(0, len(hashes), 32)]


def problems(connection: psycopg.Connection) -> list[str]:
    """Everything that verify finds, in its words."""
    found = connection.execute("select problem from private.verify_seal()").fetchall()
    found += connection.execute("select 'without a leaf' from private.unsealed_entries()").fetchall()
    return [row[0] for row in found]


def everything_off(connection: psycopg.Connection) -> None:
    """As whoever owns the server: no trigger fires, whatever it says of replicas."""
    connection.execute(
        """
        do $$
        declare
            v_table regclass;
        begin
            for v_table in
                select oid from pg_class
                where
                    relkind in ('r', 'p')
                    and relnamespace in ('public'::regnamespace, 'private'::regnamespace)
            loop
                execute format('alter table %s disable trigger user', v_table);
            end loop;
        end
        $$
        """
    )


def one(connection: psycopg.Connection, query: str, *values: object) -> object:
    row = connection.execute(query.encode(), values or None).fetchone()
    assert row is not None
    return row[0]


def any_entry(connection: psycopg.Connection, leaf_index: int = 10) -> uuid.UUID:
    found = one(connection, f"select entry_id from private.sealed_entries where leaf_index = {leaf_index}")
    assert isinstance(found, uuid.UUID)
    return found
