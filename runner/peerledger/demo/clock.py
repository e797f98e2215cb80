"""A database in which it is whatever time the demo says, the database's own stamps included.

PostgreSQL has no clock that can be set. But the planner replaces a function written in SQL by its text, and a
superuser may write `now()` anew: in SQL, with a setting of the session in it. That holds while the story is
played, in a database of its own that nobody uses; then the functions are put back as they were, and only then
the database gets the name under which it is used (docs/adr/0009-the-demo-sets-the-clock.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from peerledger.database import Connection, Database
from peerledger.errors import RunnerError
from peerledger.queries import call

SCRATCH = "peerledger_story"
_SETTING = "peerledger.demo_clock"
# The real one, under a name by which the new one can still call it. It goes again.
_REAL_CLOCK = "peerledger_real_clock"
# What a transaction reads as CURRENT_TIMESTAMP is no function, and stays the real one.
_REAL = {
    "now": "current_timestamp",
    "transaction_timestamp": "current_timestamp",
    "statement_timestamp": "current_timestamp",
    "clock_timestamp": f"pg_catalog.{_REAL_CLOCK}()",
}
# All that the catalog says of them, and what depends on what.
_CATALOG = """
select jsonb_build_object(
    'functions', (
        select jsonb_agg(to_jsonb(function) order by function.proname)
        from pg_catalog.pg_proc as function
        where function.pronamespace = 'pg_catalog'::regnamespace and function.proname = any (%(names)s)
    ),
    'dependencies', (
        select jsonb_agg(to_jsonb(dependency) order by dependency.objid, dependency.refobjid)
        from pg_catalog.pg_depend as dependency
        inner join pg_catalog.pg_proc as function on function.oid = dependency.objid
        where
            dependency.classid = 'pg_catalog.pg_proc'::regclass
            and function.pronamespace = 'pg_catalog'::regnamespace and function.proname = any (%(names)s)
    )
)
"""
_WHERE = """
select
    current_database(),
    current_setting('is_superuser') = 'on',
    current_setting('listen_addresses'),
    exists (select from pg_catalog.pg_class as relation where relation.oid >= 16384)
"""
_VOLATILITY = {"i": "immutable", "s": "stable", "v": "volatile"}
_PARALLEL = {"s": "safe", "r": "restricted", "u": "unsafe"}


@dataclass(frozen=True)
class Clock:
    database: Database

    def at(self, moment: datetime, connection: Connection | None = None) -> Database:
        """Whoever connects by it finds that time, and from there it goes on. So does an open connection."""
        offset = f"{(moment - datetime.now(UTC)).total_seconds():.6f}s"
        if connection is not None:
            call(connection, "pg_catalog.set_config", _SETTING, offset, False)
        # Nobody waits for the disk: should the machine fall over, the story begins anew.
        options = f"-c {_SETTING}={offset} -c synchronous_commit=off"
        return Database(
            make_conninfo(self.database.conninfo, options=options),
            self.database.is_embedded,
            self.database.psql,
        )


def is_unused(database: Database) -> bool:
    """Nothing can be in it without an organisation."""
    with database.connect(autocommit=True) as connection:
        if one_row(connection, "select to_regclass('public.organisations')")[0] is None:
            return True
        return not one_row(connection, "select exists (select from public.organisations)")[0]


@contextmanager
def scratch_database(database: Database) -> Iterator[Clock]:
    """An empty database beside the embedded one, with a clock that can be set. Left in order, it takes the
    place of the other, which must be unused; left with an error, it is forgotten."""
    if not database.is_embedded:
        raise RunnerError("A clock can be set in the embedded database only.")
    with _maintenance(database) as server:
        # For as long as this connection lasts.
        if not one_row(server, "select pg_catalog.pg_try_advisory_lock(hashtext('peerledger demo'))")[0]:
            raise RunnerError("The demo is being set up by another process. Try again when it has finished.")
        _drop(server, SCRATCH)
        server.execute(
            sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(SCRATCH))
        )
        scratch = Database(
            make_conninfo(database.conninfo, dbname=SCRATCH), database.is_embedded, database.psql
        )
        try:
            with clock_of(scratch) as clock:
                yield clock
        except BaseException:
            _drop(server, SCRATCH)
            raise
        name = str(conninfo_to_dict(database.conninfo)["dbname"])
        try:
            if not is_unused(database):
                raise RunnerError(f"{database.name} was used while the demo was set up. Run the demo again.")
            server.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
        except pg.ObjectInUse:
            raise RunnerError(
                f"Somebody is connected to {database.name}. Close psql and run the demo again."
            ) from None
        server.execute(
            sql.SQL("alter database {} rename to {}").format(sql.Identifier(SCRATCH), sql.Identifier(name))
        )


@contextmanager
def clock_of(database: Database) -> Iterator[Clock]:
    """The clock of a database, which must be the demo's own and empty; its functions are put back."""
    with database.connect(autocommit=True) as connection:
        _refuse_all_but_ours(database, connection)
        before = _catalog(connection)
        with connection.transaction():
            connection.execute(_copy_of(before, "clock_timestamp", _REAL_CLOCK))
            for name, real in _REAL.items():
                connection.execute(_settable(before, name, real))
    yield Clock(database)
    with database.connect(autocommit=True) as connection, connection.transaction():
        for name in _REAL:
            connection.execute(_copy_of(before, name, name))
        connection.execute(f"drop function pg_catalog.{_REAL_CLOCK}()")
        if _catalog(connection) != before:
            raise RunnerError("The clock of the demo's database could not be put back as it was.")


def _refuse_all_but_ours(database: Database, connection: Connection) -> None:
    name, is_superuser, addresses, has_content = one_row(connection, _WHERE)
    problem = (
        "it is not embedded"
        if not database.is_embedded or addresses
        else f"it is not named {SCRATCH}"
        if name != SCRATCH
        else "it takes a superuser"
        if not is_superuser
        else "it is not empty"
        if has_content
        else None
    )
    if problem:
        raise RunnerError(f"The clock of {name} cannot be set: {problem}.")


def _settable(catalog: Any, name: str, real: str) -> sql.Composed:
    return sql.SQL(
        "create or replace function pg_catalog.{name}() returns timestamptz language sql {volatility} "
        "parallel safe as $$ select {real} "
        "+ coalesce(nullif(pg_catalog.current_setting({setting}, true), '')::interval, '0') $$"
    ).format(
        name=sql.Identifier(name),
        volatility=sql.SQL(_VOLATILITY[_of(catalog, name)["provolatile"]]),
        real=sql.SQL(real),
        setting=sql.Literal(_SETTING),
    )


def _copy_of(catalog: Any, name: str, copy: str) -> sql.Composed:
    function = _of(catalog, name)
    return sql.SQL(
        "create or replace function pg_catalog.{copy}() returns timestamptz language internal {volatility} "
        "{strict} parallel {parallel} cost {cost} as {source}"
    ).format(
        copy=sql.Identifier(copy),
        volatility=sql.SQL(_VOLATILITY[function["provolatile"]]),
        strict=sql.SQL("strict" if function["proisstrict"] else ""),
        parallel=sql.SQL(_PARALLEL[function["proparallel"]]),
        cost=sql.Literal(function["procost"]),
        source=sql.Literal(function["prosrc"]),
    )


def _of(catalog: Any, name: str) -> Any:
    return next(function for function in catalog["functions"] if function["proname"] == name)


def _catalog(connection: Connection) -> Any:
    (found,) = one_row(connection, _CATALOG, {"names": [*_REAL, _REAL_CLOCK]})
    return found


@contextmanager
def _maintenance(database: Database) -> Iterator[Connection]:
    with psycopg.connect(database.conninfo, dbname="postgres", autocommit=True) as connection:
        yield connection


def _drop(server: Connection, name: str) -> None:
    server.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def one_row(connection: Connection, query: str, values: Any = None) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return row
