"""`copy-for-staging`: a copy for trying things out, with invented people and the shapes of the real ones.

What becomes of each column is in staging.toml; a column that is not there stops the copy before it begins.
The source is read in one read-only transaction, the target written in one: a copy is whole or there is none.
"""

import secrets
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from psycopg import IsolationLevel, sql
from rich.table import Table

from peerledger.database import Connection, Database
from peerledger.errors import RunnerError, explained
from peerledger.migrate import migrate
from peerledger.plan import require_migrated
from peerledger.queries import ask, call, set_locally
from peerledger.screen import Console
from peerledger.settings import Settings
from peerledger.statistics import analyze_what_needs_it

# What `migrate` itself writes into a new database.
_FILLED_BY_MIGRATE = (
    "public.security_events",
    "public.administrative_changes",
    "public.ops_alerts",
    "public.grant_rules",
    "private.completeness_baseline",
)
# Its place is taken by what the source says of the same.
_REPLACED = "public.grant_rules"
# The key of the hashes: for one transaction of the source.
_KEY = "peerledger.copy_key"
_DIGEST = "encode(sha256(convert_to(current_setting('" + _KEY + "') || {}::text, 'UTF8')), 'hex')"
Report = Callable[[str], None]


@dataclass(frozen=True)
class Rule:
    """What becomes of a table: an expression for each column that is copied."""

    table: str
    kept: tuple[str, ...]
    masked: Mapping[str, str]
    new: tuple[str, ...]

    @property
    def columns(self) -> set[str]:
        return {*self.kept, *self.masked, *self.new}


@dataclass(frozen=True)
class Rules:
    rules: Mapping[str, Rule]
    left_out: frozenset[str]


@dataclass(frozen=True)
class Copied:
    table: str
    rows: int
    masked: tuple[str, ...]


def load_rules() -> Rules:
    content = tomllib.loads(files("peerledger").joinpath("staging.toml").read_text(encoding="utf-8"))
    masks = content["masks"]
    return Rules(
        {
            table: Rule(
                table,
                tuple(each.get("kept", ())),
                {
                    column: masks[mask].format(
                        column=f'"{column}"',
                        digest=_DIGEST.format(f'"{column}"'),
                        digest_of_part=_DIGEST.format("(part.value #>> '{}')"),
                    )
                    for column, mask in each.get("masked", {}).items()
                },
                tuple(each.get("new", ())),
            )
            for table, each in content["tables"].items()
        },
        frozenset(table for tables in content["left_out"].values() for table in tables),
    )


def run(source: Database, target: Database | None, settings: Settings, report: Report) -> list[Copied]:
    """Without a target, what would be copied."""
    rules = load_rules()
    with source.connect(statement_seconds=0) as reading:
        _read_only(reading)
        require_migrated(reading)
        columns = _columns(reading)
        refuse_unlisted(columns, rules)
        if target is None:
            return [
                Copied(table, _count(reading, table), tuple(rules.rules[table].masked))
                for table in _tables(columns, rules)
            ]
    _refuse_itself(source, target)
    _refuse_rows(target, rules)
    migrate(target, settings.migrate_wait_seconds)
    with source.connect(statement_seconds=0) as reading, target.connect(statement_seconds=0) as writing:
        _read_only(reading)
        with explained("Copying"):
            set_locally(reading, _KEY, secrets.token_hex(32))
            copied = _copy(reading, writing, rules, report)
    analyze_what_needs_it(target, [each.table for each in copied if each.rows])
    # Months that had no partition here get theirs.
    migrate(target, settings.migrate_wait_seconds)
    return copied


def refuse_unlisted(columns: Mapping[str, Mapping[str, bool]], rules: Rules) -> None:
    """Nothing leaves of which nobody has said whether it may."""
    problems = []
    for table, found in columns.items():
        if table in rules.left_out:
            continue
        listed = rules.rules[table].columns if table in rules.rules else set()
        problems += [f"{table}.{column}" for column in found if column not in listed]
    if problems:
        raise RunnerError(
            f"staging.toml does not say whether these are masked: {', '.join(sorted(problems))}. "
            "Nothing was copied."
        )


def _copy(reading: Connection, writing: Connection, rules: Rules, report: Report) -> list[Copied]:
    columns = _columns(reading)
    tables = _tables(columns, rules)
    # For who may become our owner: our triggers have fired already, in the source.
    set_locally(writing, "session_replication_role", "replica")
    set_locally(writing, "idle_in_transaction_session_timeout", 0)
    ask(writing, "lock_organisations")
    _refuse_rows_in(writing, rules)
    writing.execute(sql.SQL("delete from {}").format(_name(_REPLACED)))
    copied = []
    for table in tables:
        rule = rules.rules[table]
        rows = _copy_table(reading, writing, rule, columns[table])
        copied.append(Copied(table, rows, tuple(rule.masked)))
        report(f"{table}: {rows:,} rows")
    for sequence, table in ask(reading, "table_sequences").fetchall():
        if table in tables:
            state = reading.execute(f"select last_value, is_called from {sequence}".encode()).fetchone()  # noqa: S608 # nosec B608
            assert state is not None
            call(writing, "pg_catalog.setval", sequence, *state)
    return copied


def _copy_table(reading: Connection, writing: Connection, rule: Rule, generated: Mapping[str, bool]) -> int:
    # As the catalog names them; what the database works out itself it works out again.
    names = [
        column for column, is_generated in generated.items() if not is_generated and column not in rule.new
    ]
    selected = sql.SQL(", ").join(
        sql.SQL(rule.masked[name]) if name in rule.masked else sql.Identifier(name) for name in names
    )
    taken = sql.SQL("copy (select {} from {}) to stdout").format(selected, _name(rule.table))
    given = sql.SQL("copy {} ({}) from stdin").format(
        _name(rule.table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with reading.cursor() as out, writing.cursor() as into:
        with out.copy(taken) as read, into.copy(given) as write:
            for data in read:
                write.write(data)
        if out.rowcount != into.rowcount:
            raise RunnerError(
                f"{rule.table}: {out.rowcount:,} rows were read and {into.rowcount:,} written. "
                "Nothing was kept."
            )
        return out.rowcount


def _read_only(connection: Connection) -> None:
    """One moment of the source, which a statement of ours could not change; and all rows or an error."""
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    set_locally(connection, "row_security", "off")
    set_locally(connection, "idle_in_transaction_session_timeout", 0)


def _columns(connection: Connection) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = {}
    for table, column, is_generated in ask(connection, "copied_columns"):
        found.setdefault(table, {})[column] = is_generated
    return found


def _tables(columns: Mapping[str, object], rules: Rules) -> list[str]:
    return [table for table in columns if table not in rules.left_out]


def _refuse_itself(source: Database, target: Database) -> None:
    with source.connect() as one, target.connect() as other:
        if _identity(one) == _identity(other):
            raise RunnerError("PEERLEDGER_STAGING_URL is the database that is to be copied.", 2)


def _identity(connection: Connection) -> tuple[Any, ...] | None:
    return ask(connection, "database_identity").fetchone()


def _refuse_rows(target: Database, rules: Rules) -> None:
    """Before it is migrated: what is not empty is left as it is."""
    with target.connect() as connection:
        _read_only(connection)
        _refuse_rows_in(connection, rules)


def _refuse_rows_in(connection: Connection, rules: Rules) -> None:
    # By name: in a database of an older version our tables have rows as well.
    for table in rules.rules:
        if table in _FILLED_BY_MIGRATE:
            continue
        is_there = call(connection, "pg_catalog.to_regclass", table) is not None
        if is_there and connection.execute(sql.SQL("table {} limit 1").format(_name(table))).fetchone():
            raise RunnerError(
                f"PEERLEDGER_STAGING_URL is not empty: {table} has rows. Nothing was written. "
                "Give a new database.",
                2,
            )


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(_name(table))).fetchone()
    return int(row[0]) if row else 0


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def show(copied: Sequence[Copied]) -> None:
    table = Table("table", "rows", "masked")
    table.columns[1].justify = "right"
    for each in copied:
        if each.rows:
            table.add_row(each.table, f"{each.rows:,}", ", ".join(each.masked))
    Console(highlight=False, markup=False).print(table)
