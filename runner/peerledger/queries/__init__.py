"""How the runner asks the database: its functions by their names, and the rest from the files beside this.

A file is one question or one act, with a comment that says which. It is written as psycopg reads it: values
are %(named)s, and a percent sign stands twice.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import RowFactory, tuple_row

from peerledger.errors import RunnerError

Connection = psycopg.Connection[tuple[Any, ...]]


@cache
def text(name: str) -> LiteralString:
    """Of a file of the package, which is as good as a literal of the code."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")


def about(name: str, names: Mapping[str, sql.Identifier]) -> bytes:
    """The text with these names in the places of those that stand there for them, and without its comments:
    a name with the end of a line in it would go on after one. Run it with values, be it none: {}."""
    made = re.sub(r"^\s*--.*\n", "", text(name), flags=re.M)
    # All at once: a schema may be called like what stands there for something else.
    places = "|".join(map(re.escape, names))
    return re.sub(places, lambda place: names[place[0]].as_string(None).replace("%", "%%"), made).encode()


def ask(connection: Connection, name: str, /, **values: object) -> psycopg.Cursor[tuple[Any, ...]]:
    """Runs the file of that name."""
    return connection.execute(text(name), values)


def call(connection: Connection, function: LiteralString, /, *values: object, **named: object) -> Any:
    """What a function of the database returns; of one that returns a row, its first column."""
    statement = calling(function, len(values), *named)
    row = connection.execute(statement, (*values, *named.values())).fetchone()
    if row is None:
        raise RunnerError("The database returned nothing.")
    return row[0]


def rows(
    connection: Connection,
    function: LiteralString,
    /,
    *values: object,
    row_factory: RowFactory[Any] = tuple_row,
) -> list[Any]:
    """The rows that a function of the database returns."""
    with connection.cursor(row_factory=row_factory) as cursor:
        return cursor.execute(calling(function, len(values)), values).fetchall()


def set_locally(connection: Connection, setting: str, value: str | int) -> None:
    """For the rest of the transaction."""
    call(connection, "pg_catalog.set_config", setting, str(value), True)


def calling(function: LiteralString, count: int, *names: str) -> LiteralString:
    """The statement that calls it with so many values, and with those of these names."""
    values = ["%s"] * count + [f"{name} => %s" for name in names]
    return f"select * from {function}({', '.join(values)})"  # noqa: S608 - names of our own  # nosec B608
