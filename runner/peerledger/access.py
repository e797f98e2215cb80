"""The state of access: what this version says, what the database has, and bringing the one to the other.

The comparison is SQL (sql/functions/access/). The runner runs the text of its own files and not the functions
in the database: those may be missing, older, or somebody else's by now.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from peerledger.database import Connection
from peerledger.queries import ask
from peerledger.sqlfiles import SqlFile, Tree, is_function

OWNER = "peerledger_owner"
_HEADER = "# Written by `make docs`, for the SQL files with this hash: "
_DESCRIBE = "sql/functions/access/describe_access.sql"
_COMPARE = "sql/functions/access/access_differences.sql"
_NOUNS = {
    "table": "table",
    "partition": "table",
    "view": "table",
    "sequence": "sequence",
    "function": "routine",
    "type": "type",
    "schema": "schema",
}
_STATES = {
    "on": "enable",
    "always on": "enable always",
    "off": "disable",
    "on in replica sessions only": "enable replica",
}
_POWERS = {
    "superuser": "nosuperuser",
    "passes row level security": "nobypassrls",
    "may log in": "nologin",
    "may make roles": "nocreaterole",
}


@dataclass(frozen=True, order=True)
class Line:
    kind: str
    object: str
    aspect: str
    value: str


@dataclass(frozen=True)
class Difference:
    object: str
    aspect: str
    expected: str | None
    found: str | None
    privilege: str | None
    kind: str
    message: str

    @property
    def is_missing(self) -> bool:
        return self.aspect == "existence" and self.found == "missing"


# What it should be. ---------------------------------------------------------------------------------


def described(tree: Tree) -> list[Line] | None:
    """By the code. None when sql/access.csv belongs to other SQL files: somebody is changing them."""
    file = tree.access()
    if file is None or not file.text.startswith(_HEADER + tree.sha256()):
        return None
    return [Line(*row) for row in csv.reader(io.StringIO(file.text.split("\n", 1)[1]))]


def stored(connection: Connection) -> list[Line]:
    """What the last `migrate` wrote for the upkeep to compare with."""
    if not _can_be_stored(connection):
        return []
    return [Line(*row) for row in ask(connection, "access_description")]


def store(connection: Connection, lines: list[Line]) -> None:
    if not _can_be_stored(connection) or sorted(lines) == sorted(stored(connection)):
        return
    ask(connection, "forget_access_description")
    ask(connection, "store_access_description", lines=_as_json(lines))


def _can_be_stored(connection: Connection) -> bool:
    found = ask(connection, "access_description_is_readable").fetchone()
    return found is not None and bool(found[0])


def forget(connection: Connection) -> None:
    if stored(connection):
        ask(connection, "forget_access_description")


def observed(connection: Connection, tree: Tree) -> list[Line]:
    """What the database has; of one that is as `migrate` made it, the description."""
    ask(connection, "access_settings")
    query = f"select distinct kind, object, aspect, value from ({_body(tree, _DESCRIBE)}) as state"  # noqa: S608 # nosec B608
    query = _escaped(query).replace("describe_access.known", "'{}'::text[]")
    names = "(kind, object, found_in, aspect, value)"
    rows = connection.execute((query + " " + names).encode(), {}).fetchall()
    return sorted(Line(*row) for row in rows)


def as_csv(tree: Tree, lines: list[Line]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        (line.kind, line.object, line.aspect, line.value) for line in sorted(lines)
    )
    return f"{_HEADER}{tree.sha256()}\n{text.getvalue()}"


# How it differs. ------------------------------------------------------------------------------------


def differences(connection: Connection, tree: Tree, lines: list[Line]) -> list[Difference]:
    if not lines:
        return []
    ask(connection, "access_settings")
    with connection.cursor(row_factory=class_row(Difference)) as cursor:
        return cursor.execute(_comparison(tree), {"description": _as_json(lines)}).fetchall()


def _as_json(lines: list[Line]) -> Jsonb:
    return Jsonb([vars(line) for line in lines], dumps=json.dumps)


@lru_cache
def _comparison(tree: Tree) -> bytes:
    """The text of private.access_differences with that of private.describe_access in it."""
    text = _escaped(_body(tree, _COMPARE))
    describe = _escaped(_body(tree, _DESCRIBE))

    def inlined(call: re.Match[str]) -> str:
        known = describe.replace("describe_access.known", call[1])
        return f"({known}) as state (kind, object, found_in, aspect, value)"

    text, calls = re.subn(
        r"private\.describe_access\(\s*(array\(.*?\))\s*\) as state", inlined, text, flags=re.S
    )
    text, reads = re.subn(
        r"union all\s+select[^;]*?access_differences\.description is null", "", text, count=1
    )
    if (calls, reads) != (1, 1):
        raise AssertionError(f"{_COMPARE} no longer has the form that the runner expects")
    text = text.replace("access_differences.description", "%(description)s::jsonb")
    columns = "object, aspect, expected, found, privilege, kind, message"
    return f"select * from ({text}) as difference ({columns})".encode()  # noqa: S608 # nosec B608


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _body(tree: Tree, path: str) -> str:
    text = (tree.root / path).read_text(encoding="utf-8")
    return text.split("as $$\n", 1)[1].split("\n$$;", 1)[0]


# Bringing it about. ---------------------------------------------------------------------------------


def take_ownership(connection: Connection, tree: Tree, lines: list[Line]) -> None:
    """Before migrations: they work on tables as their owner, and a restored one may be somebody else's."""
    _apply(connection, [d for d in differences(connection, tree, lines) if d.aspect == "owner"], _grounds)


def bring_about(connection: Connection, tree: Tree, lines: list[Line]) -> list[Difference]:
    """In the caller's transaction. Only what differs is touched. Returns what could not be put right."""
    found = differences(connection, tree, lines)
    for step in (_grounds, _objects(tree), _states, _privileges(lines)):
        if not found:
            break
        if _apply(connection, found, step):
            found = differences(connection, tree, lines)
    return found


def _apply(connection: Connection, found: list[Difference], step: "Step") -> bool:
    """Whether there was anything to be done."""
    done = set()
    for difference in found:
        for statement in step(difference):
            if statement in done:
                continue
            done.add(statement)
            try:
                with connection.transaction():
                    connection.execute(statement)
            except psycopg.Error:
                # What still differs in the end is named; one that failed may be gone with another.
                continue
    return bool(done)


def _grounds(difference: Difference) -> Iterator[bytes]:
    """Roles and owners: without them nothing else can be done."""
    noun = _NOUNS.get(difference.kind)
    if difference.kind == "role" and difference.expected is None:
        if difference.aspect in _POWERS:
            yield f"alter role {_name(difference.object)} {_POWERS[difference.aspect]}".encode()
        else:
            yield f"revoke {OWNER} from {_name(difference.object)}".encode()
    elif difference.aspect == "owner" and noun:
        owner = OWNER if difference.expected == OWNER else "current_user"
        yield f"alter {noun} {difference.object} owner to {owner}".encode()


def _objects(tree: Tree) -> "Step":
    """What is not ours goes from our tables; what is missing or changed is made again from its file."""
    functions = {file.stem: file for file in tree.objects() if is_function(file.path)}
    tables = {file.path: file for file in tree.objects() if not is_function(file.path)}

    def step(difference: Difference) -> Iterator[bytes]:
        what, _, name = difference.aspect.partition(" ")
        table = difference.object
        stem = table.split("(", 1)[0].rsplit(".", 1)[-1]
        log = re.sub(r"_(\d{4}_\d{2}|default)$", "", stem)
        if difference.kind == "function":
            # Of this version; one that is not is closed, and named: it may be wanted elsewhere.
            if difference.aspect == "existence" and difference.found != "missing":
                yield _as_owner(
                    f"revoke all on routine {table} from public, anon, authenticated, service_role"
                )
            elif difference.is_missing or difference.aspect in ("body", "attributes", "signature"):
                file = functions.get(stem)
                text = file.text if file else _from_migrations(tree, table.split("(", 1)[0])
                yield _as_owner(text) if file else text.encode()
        elif difference.expected is None and what in ("policy", "trigger", "rule"):
            yield f"drop {what} {name} on {table}".encode()
        elif difference.aspect == "row level security":
            words = {"on and forced": "enable force", "off": "disable no_force"}.get(
                difference.expected or "", ""
            )
            for word in words.split():
                yield _alter(table, f"{word.replace('_', ' ')} row level security")
        elif difference.aspect == "storage":
            yield _alter(table, "set logged")
        elif difference.aspect == "foreign keys":
            yield _alter(table, "enable trigger all")
        elif what == "trigger" and _state(difference.found)[1] != _state(difference.expected)[1]:
            if difference.kind == "partition":
                yield _as_owner(f"call private.guard_log('{table}'::regclass)")
            yield from _files(tables, f"sql/triggers/{log if difference.kind == 'partition' else stem}.sql")
        elif what == "policy":
            yield from _files(tables, f"sql/policies/{stem}.sql")

    return step


def _alter(table: str, what: str) -> bytes:
    return f"alter table {table} {what}".encode()


def _files(files: dict[str, SqlFile], path: str) -> Iterator[bytes]:
    for each in (path, path + ".j2"):
        if each in files:
            yield _as_owner(files[each].text)


def _as_owner(text: str) -> bytes:
    # As in a replay: bodies name each other in any order.
    return (
        f"set local search_path = ''; set local check_function_bodies = off; set local role {OWNER};\n"
        f"{text}\n; reset role; set local search_path = pg_catalog, pg_temp"
    ).encode()


def _from_migrations(tree: Tree, name: str) -> str:
    """The last definition of a function that a migration makes: a CHECK needs it, or a superuser owns it."""
    definition = re.compile(
        rf"^create (?:or replace )?(function|procedure)( {re.escape(name)}\s*\(.*?(?:\$\$|');)", re.S | re.M
    )
    texts = [found for file in tree.migrations() for found in definition.finditer(file.text)]
    if not texts:
        return ""
    text = f"create or replace {texts[-1][1]}{texts[-1][2]}"
    owned = any(
        re.search(
            rf"^set role {OWNER}.*^create (?:or replace )?\w+ {re.escape(name)}\s*\(", file.text, re.S | re.M
        )
        for file in tree.migrations()
    )
    return _as_owner(text).decode() if owned else text


def _states(difference: Difference) -> Iterator[bytes]:
    what, _, name = difference.aspect.partition(" ")
    if what != "trigger" or difference.expected is None:
        return
    (found, definition), (wanted, expected) = _state(difference.found), _state(difference.expected)
    if definition == expected and found != wanted:
        yield _alter(difference.object, f"{_STATES[wanted]} trigger {name}")


def _state(value: str | None) -> tuple[str, str]:
    state, _, definition = (value or "").partition(": ")
    return state, definition


def _privileges(lines: list[Line]) -> "Step":
    expected = {(line.kind, line.object, line.aspect): line.value for line in lines}

    def step(difference: Difference) -> Iterator[bytes]:
        if difference.kind == "default privileges":
            yield from _default_privileges(difference)
            return
        match = re.fullmatch(r"(?:column )?privileges of (.*)", difference.aspect)
        if match is None:
            return
        target = f"{_NOUNS[difference.kind]} {difference.object}"
        grantee = _name(match[1])
        wanted = [
            expected.get((difference.kind, difference.object, f"{prefix}privileges of {match[1]}"))
            for prefix in ("", "column ")
        ]
        if match[1] == "its owner":
            owner = expected.get((difference.kind, difference.object, "owner"), OWNER)
            grantee = OWNER if owner == OWNER else "current_user"
            yield _grant(difference.expected, target, grantee)
            return
        # On a table that takes those of its columns along.
        yield f"revoke all on {target} from {grantee} cascade".encode()
        for each in filter(None, wanted):
            yield _grant(each, target, grantee)

    return step


def _grant(privileges: str | None, target: str, grantee: str) -> bytes:
    return f"grant {privileges} on {target} to {grantee}".encode()


def _default_privileges(difference: Difference) -> Iterator[bytes]:
    where = re.fullmatch(r"of (\S+)(?: (in schema \S+))?", difference.object)
    what = re.fullmatch(r"privileges of (.*) on (\w+)", difference.aspect)
    if where is None or what is None:
        return
    grantee = where[1] if what[1] == "the owner" else _name(what[1])
    start = f"alter default privileges for role {where[1]} {where[2] or ''}"
    if difference.found:
        yield f"{start} revoke all on {what[2]} from {grantee}".encode()
    if difference.expected:
        yield f"{start} grant {difference.expected} on {what[2]} to {grantee}".encode()


def _name(role: str) -> str:
    return "public" if role == "PUBLIC" else sql.Identifier(role).as_string(None)


Step = Callable[[Difference], Iterator[bytes]]
