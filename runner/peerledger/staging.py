"""One CSV file on its way into its table: copied as text, checked, cast, inserted."""

from collections.abc import Callable, Iterable

import psycopg
from psycopg import sql

from peerledger.csvfiles import BadLine, CsvFile, Line
from peerledger.database import Connection
from peerledger.errors import RunnerError, one_line
from peerledger.tables import Column, Table

# pg_input_is_valid is not in PostgreSQL 15.
CAN_CAST = """
create or replace function pg_temp.can_cast(value text, type_name text) returns boolean
language plpgsql stable as $$
begin
    execute format('select %L::%s', value, type_name);
    return true;
exception
    when others then
        return false;
end
$$
"""


class Staging:
    def __init__(self, connection: Connection, table: Table, file: CsvFile) -> None:
        self._connection = connection
        self._table = table
        self._file = file
        self._columns = [table.columns[name] for name in file.header]
        self._raw = sql.Identifier(f"raw_{table.name}")
        self._typed = sql.Identifier(f"typed_{table.name}")
        self.bad: list[BadLine] = []
        self.read = 0

    def copy(self, advance: Callable[[int], None]) -> None:
        fields = sql.SQL(", ").join(
            sql.SQL("{} text").format(sql.Identifier(item.name)) for item in self._columns
        )
        self._connection.execute(
            sql.SQL("create temp table {} (line_number bigint primary key, {}) on commit drop").format(
                self._raw, fields
            )
        )
        statement = sql.SQL("copy {} from stdin").format(self._raw)
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for line in self._file.lines():
                self.read += 1
                if self.read % 500 == 0:
                    advance(500)
                if isinstance(line, BadLine):
                    self.bad.append(line)
                else:
                    self._write(copy, line)
        self._connection.execute(sql.SQL("analyze {}").format(self._raw))

    @staticmethod
    def _write(copy: psycopg.Copy, line: Line) -> None:
        copy.write_row((line.number, *line.values))

    def check(self) -> None:
        """Everything that can be asked of all lines at once."""
        for column in self._columns:
            self._check_column(column)
        self._check_repeated_keys()
        self._cast()
        for constraint in self._table.constraints.values():
            names = set(constraint.columns)
            if constraint.kind == "c" and constraint.expression and names <= set(self._table.columns):
                # As the database has it, over columns of the same names and types.
                condition = sql.SQL("not ({})").format(sql.SQL(constraint.expression))
            elif constraint.kind == "f" and constraint.parent:
                condition = _without_parent(constraint.parent, constraint.columns, constraint.parent_columns)
            else:
                continue
            query = sql.SQL("delete from {} as staged where {} returning line_number").format(
                self._typed, condition
            )
            self._refuse(query, self._named(constraint.columns), constraint.sentence)

    def insert(self) -> int:
        """Returns how many rows were new. Lines that the database refuses end up in `bad`."""
        lines = [
            row[0]
            for row in self._connection.execute(
                sql.SQL("select line_number from {} order by line_number").format(self._typed)
            ).fetchall()
        ]
        return self._insert(lines)

    def _check_column(self, column: Column) -> None:
        name = sql.Identifier(column.name)
        if column.not_null and column.default is None:
            self._refuse(
                sql.SQL("delete from {} where {} is null returning line_number").format(self._raw, name),
                column.name,
                "is empty, but a value is needed",
            )
        if column.type == "text" or self._casts(column):
            return
        self._refuse(
            sql.SQL(
                "delete from {} where {} is not null and not pg_temp.can_cast({}, {}) returning line_number"
            ).format(self._raw, name, name, sql.Literal(column.type)),
            column.name,
            f"is not a valid {column.type}",
        )

    def _casts(self, column: Column) -> bool:
        """The usual case, fast: every value is good."""
        try:
            with self._connection.transaction():
                self._connection.execute(
                    sql.SQL("select count({}::{}) from {}").format(
                        sql.Identifier(column.name), _type(column), self._raw
                    )
                )
        except psycopg.DataError:
            return False
        return True

    def _check_repeated_keys(self) -> None:
        key = sql.SQL(", ").join(
            sql.SQL("{}::{}").format(sql.Identifier(name), _type(self._table.columns[name]))
            for name in self._table.key
        )
        query = sql.SQL(
            "delete from {raw} where line_number in (select line_number from (select line_number, "
            "row_number() over (partition by {key} order by line_number) as nth from {raw} "
            ") as numbered where nth > 1) returning line_number"
        ).format(raw=self._raw, key=key)
        self._refuse(query, ", ".join(self._table.key), "an earlier line of the file has the same key")

    def _cast(self) -> None:
        values: list[sql.Composable] = []
        for column in self._table.columns.values():
            if column.generated:
                continue
            cast: sql.Composable = sql.SQL("null::{}").format(_type(column))
            if column.name in self._file.header:
                cast = sql.SQL("{}::{}").format(sql.Identifier(column.name), _type(column))
            given = column.name in self._file.header
            if column.default is not None and (column.not_null or not given):
                cast = sql.SQL("coalesce({}, {})").format(cast, sql.SQL(column.default))
            values.append(sql.SQL("{} as {}").format(cast, sql.Identifier(column.name)))
        self._connection.execute(
            sql.SQL("create temp table {} on commit drop as select line_number, {} from {}").format(
                self._typed, sql.SQL(", ").join(values), self._raw
            )
        )
        self._connection.execute(sql.SQL("create index on {} (line_number)").format(self._typed))
        self._connection.execute(sql.SQL("analyze {}").format(self._typed))

    def _insert(self, lines: list[int]) -> int:
        """All at once; when that fails, in halves, until the bad lines stand alone."""
        if not lines:
            return 0
        names = sql.SQL(", ").join(
            sql.Identifier(column.name) for column in self._table.columns.values() if not column.generated
        )
        statement = sql.SQL(
            "insert into {} ({}) select {} from {} where line_number between %s and %s order by line_number "
            "on conflict ({}) do nothing"
        ).format(
            self._table.identifier,
            names,
            names,
            self._typed,
            sql.SQL(", ").join(sql.Identifier(name) for name in self._table.key),
        )
        try:
            with self._connection.transaction():
                return self._connection.execute(statement, (lines[0], lines[-1])).rowcount
        except (
            psycopg.errors.LockNotAvailable,
            psycopg.errors.QueryCanceled,
            psycopg.errors.InsufficientPrivilege,
        ):
            raise
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            if len(lines) == 1:
                self.bad.append(self._explain(lines[0], error))
                return 0
        middle = len(lines) // 2
        return self._insert(lines[:middle]) + self._insert(lines[middle:])

    def _explain(self, line: int, error: psycopg.Error) -> BadLine:
        constraint = self._table.constraints.get(error.diag.constraint_name or "")
        if constraint is not None:
            return BadLine(self._file.name, line, self._named(constraint.columns), constraint.sentence)
        if (error.sqlstate or "").startswith("PL"):
            # Our own errors: the message is written for people, the detail is a path in the value.
            column = "criteria" if error.sqlstate == "PL001" and "criteria" in self._file.header else ""
            detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
            return BadLine(self._file.name, line, column, one_line(f"{error.diag.message_primary}{detail}"))
        # Other messages may quote values, and values are personal.
        name = (error.diag.constraint_name or "").replace("_", " ")
        reason = f"breaks the rule: {name}" if name else f"was refused by the database ({error.sqlstate})"
        return BadLine(self._file.name, line, error.diag.column_name or "", reason)

    def _named(self, columns: Iterable[str]) -> str:
        """The columns that the file has; organisation_id is in every foreign key and rarely to blame."""
        named = [name for name in columns if name in self._file.header]
        return ", ".join([name for name in named if name != "organisation_id"] or named)

    def _refuse(self, query: sql.Composed, column: str, reason: str) -> None:
        try:
            with self._connection.transaction():
                rows = self._connection.execute(query).fetchall()
        except psycopg.DataError:
            # The question itself failed on some value; the insert will find the line.
            return
        self.bad.extend(BadLine(self._file.name, row[0], column, reason) for row in rows)


def check_header(file: CsvFile, table: Table) -> None:
    header = file.header
    repeated = sorted({name for name in header if header.count(name) > 1})
    unknown = [name for name in header if name not in table.columns]
    made = [name for name in header if name in table.columns and table.columns[name].generated]
    missing = [
        column.name
        for column in table.columns.values()
        if column.name not in header and not column.generated and column.not_null and column.default is None
    ]
    no_key = [name for name in table.key if name not in header and name not in missing]
    for names, reason in (
        (repeated, "named twice in the header"),
        (unknown, f"not a column of {table.name}"),
        (made, "filled by the database and cannot be loaded"),
        (missing, "missing in the header"),
        (no_key, "missing in the header; without it, loading again would double the rows"),
    ):
        if names:
            raise RunnerError(f"{file.name}, line 1: {', '.join(repr(name) for name in names)}: {reason}.")


def _type(column: Column) -> sql.SQL:
    return sql.SQL(column.type)


def _without_parent(parent: str, columns: tuple[str, ...], parent_columns: tuple[str, ...]) -> sql.Composed:
    filled = sql.SQL(" and ").join(
        sql.SQL("staged.{} is not null").format(sql.Identifier(name)) for name in columns
    )
    same = sql.SQL(" and ").join(
        sql.SQL("parent.{} = staged.{}").format(sql.Identifier(theirs), sql.Identifier(ours))
        for ours, theirs in zip(columns, parent_columns, strict=True)
    )
    return sql.SQL("{} and not exists (select from {} as parent where {})").format(
        filled,
        sql.SQL(parent),
        same,
    )
