"""What a migration would do, found out without writing anything."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from psycopg import IsolationLevel
from psycopg.types.json import Jsonb

from peerledger import access
from peerledger.access import Difference
from peerledger.database import Connection, Database
from peerledger.errors import (
    DatabaseAheadError,
    EditedMigrationError,
    NamesTakenError,
    NotMigratedError,
    explained,
)
from peerledger.queries import ask
from peerledger.sqlfiles import SqlFile, Tree, is_function, stem


@dataclass(frozen=True)
class Plan:
    apply: list[SqlFile] = field(default_factory=list)
    adopt: list[SqlFile] = field(default_factory=list)
    """Applied by someone with the printed SQL; to be marked, not run."""
    replay: list[SqlFile] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    access: list[Difference] = field(default_factory=list)
    """What is not as it should be, whatever the files' hashes say."""

    @property
    def is_current(self) -> bool:
        """By the files and their hashes."""
        return not (self.apply or self.adopt or self.replay or self.vanished)

    @property
    def is_empty(self) -> bool:
        return self.is_current and not self.access

    def lines(self) -> list[str]:
        return [
            *(f"apply {file.path}" for file in self.apply),
            *(f"mark {file.path} (applied without the runner)" for file in self.adopt),
            *(f"replace {file.path}" for file in self.replay),
            *(f"drop what {path} made" for path in self.dropped),
            *(f"put right: {difference.message}" for difference in self.access),
        ]

    @property
    def dropped(self) -> list[str]:
        """What vanished and is not in another file now."""
        moved = {file.stem for file in self.replay if is_function(file.path)}
        return [path for path in self.vanished if not is_function(path) or stem(path) not in moved]


def make_plan(connection: Connection, tree: Tree) -> Plan:
    """Refuses an edited migration and a database that is ahead of the code."""
    recorded = recorded_files(connection, "migration")
    marked = _marked(connection)
    migrations = tree.migrations()
    known = {file.stem: file for file in migrations}
    unknown = sorted(
        (marked | {path.rsplit("/", 1)[-1].removesuffix(".sql") for path in recorded}) - set(known)
    )
    if unknown:
        raise DatabaseAheadError(
            f"The database is ahead of this version: it has {', '.join(unknown)}, which is unknown here. "
            "Use the newer version of Peerledger."
        )
    for file in migrations:
        if recorded.get(file.path, file.sha256) != file.sha256:
            raise EditedMigrationError(
                f"{file.path} was edited after it was applied. "
                "Restore it, and put the change into a new migration."
            )
    apply = [file for file in migrations if file.path not in recorded and file.stem not in marked]
    adopt = [file for file in migrations if (file.path in recorded) != (file.stem in marked)]
    objects = tree.objects()
    present = recorded_files(connection, "object")
    # After a migration all functions: they may have to understand other rows. Triggers and policies only of
    # the tables that it is about, which may be others now: to make them anew takes a lock that keeps all out.
    replay = [
        file
        for file in objects
        if present.get(file.path) != file.sha256
        or (apply and (is_function(file.path) or is_about(apply, file.stem)))
    ]
    vanished = sorted(set(present) - {file.path for file in objects})
    return Plan(apply, adopt, replay, vanished)


def is_about(migrations: Iterable[SqlFile], table: str) -> bool:
    """Do they name the table, or make statements of which nobody can say?"""
    named = re.compile(rf"\b(?:{re.escape(table)}\b|execute\s)")
    return any(named.search(file.text) for file in migrations)


_CREATED = re.compile(
    r"^\s*create (?:unique )?(?P<kind>table|type|sequence|index|function|procedure)(?: if not exists)?"
    r" (?P<name>[a-z_][a-z0-9_.]*)(?:\s+on (?P<table>[a-z_.]+))?",
    re.M,
)


def refuse_names_in_the_way(connection: Connection, tree: Tree, plan: Plan) -> None:
    """Before anything is written: what pending files would make, and somebody else has made already."""
    wanted = set()
    for file in plan.apply:
        for found in _CREATED.finditer(file.text):
            schema, _, name = found["name"].rpartition(".")
            # An index is in the schema of its table.
            schema = schema or (found["table"] or "").rpartition(".")[0]
            kind = "function" if found["kind"] in ("function", "procedure") else found["kind"]
            # auth is the host's, and made only where there is none.
            if schema in ("public", "private"):
                wanted.add((kind, schema, name))
    recorded = {stem(path) for path in recorded_files(connection, "object")}
    for file in plan.replay:
        if is_function(file.path) and file.stem not in recorded:
            wanted |= {("function", schema, file.stem) for schema in _schemas(file)}
    rows = [{"kind": kind, "schema": schema, "name": name} for kind, schema, name in sorted(wanted)]
    taken = ask(connection, "names_taken", wanted=Jsonb(rows)).fetchall()
    if taken:
        raise NamesTakenError(
            f"{len(taken)} names that Peerledger needs are taken already:\n"
            + "\n".join(f"- {kind} {schema}.{name}" for kind, schema, name in taken)
            + "\nNothing was written. Rename them or move them to another schema (alter … set schema …), or "
            "give Peerledger a database of its own. After a restore of one of its dumps: see docs/restore.md."
        )


def _schemas(file: SqlFile) -> set[str]:
    pattern = rf"^create (?:or replace )?(?:function|procedure) (\w+)\.{re.escape(file.stem)}\b"
    return set(re.findall(pattern, file.text, re.M))


def find_differences(connection: Connection, tree: Tree, plan: Plan) -> list[Difference]:
    """What is not as this version has it; while files are pending, as the version has it that came last."""
    kept = access.stored(connection)
    lines = access.described(tree) or kept
    if plan.is_current:
        found = access.differences(connection, tree, lines)
        if kept and sorted(kept) != sorted(lines):
            message = "table private.access_description: it is not the description of this version"
            found.append(Difference("private.access_description", "rows", None, None, None, "table", message))
        return found
    if kept:
        return access.differences(connection, tree, kept)
    if not recorded_files(connection, "object"):
        # Nothing has been opened yet, or it was all taken back.
        return []
    # A version without a description: what belongs to later ones cannot be told from what is gone.
    return [
        difference
        for difference in access.differences(connection, tree, lines)
        if difference.found is not None
        and not difference.is_missing
        and re.match(
            "owner|privileges|column|row level|foreign|default|superuser|may|passes", difference.aspect
        )
    ]


def require_migrated(connection: Connection, tree: Tree | None = None) -> None:
    """For every other command: one line instead of a missing table."""
    if not _exists(connection, "sql_files"):
        raise NotMigratedError("The database is not migrated yet. Run `peerledger migrate`.")
    plan = make_plan(connection, tree or Tree())
    if plan.apply or plan.replay or plan.vanished:
        raise NotMigratedError("The database is older than this version. Run `peerledger migrate`.")


@contextmanager
def snapshot(database: Database, doing: str = "") -> Iterator[Connection]:
    """One moment of a database that is migrated, which nothing in here could change."""
    with database.connect() as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        require_migrated(connection)
        with explained(doing):
            yield connection


def _exists(connection: Connection, table: str) -> bool:
    return ask(connection, "private_table_exists", name=table).fetchone() == (True,)


def recorded_files(connection: Connection, kind: str) -> dict[str, str]:
    if not _exists(connection, "sql_files"):
        return {}
    return dict(ask(connection, "sql_files", kind=kind).fetchall())


def _marked(connection: Connection) -> set[str]:
    if not _exists(connection, "_yoyo_migration"):
        return set()
    return {migration for (migration,) in ask(connection, "marked_migrations")}
