"""`archive`: whole months of the logs into files, and out of the database when the files are sure.

The order is what makes it safe: write, read back what is on the disk, and only then ask the database to
remove the month. It looks again at every entry itself (private.prune_log_month).
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from psycopg import errors as pg
from psycopg import sql

from peerledger import seal
from peerledger.database import Connection, Database
from peerledger.errors import RunnerError, explained, from_database
from peerledger.files import sync, write_whole
from peerledger.plan import require_migrated
from peerledger.queries import about, ask, call, calling, set_locally
from peerledger.settings import Settings

MANIFEST = "manifest.json"
FORMAT = 1
_FETCH = 5_000
Report = Callable[[str], None]


@dataclass(frozen=True)
class Month:
    log: str
    month: date
    is_held: bool

    def __str__(self) -> str:
        return f"{self.log} {self.month:%Y-%m}"


@dataclass(frozen=True)
class Entry:
    """A month in the manifest."""

    log: str
    month: str
    file: str
    file_sha256: str
    rows: int
    rows_sha256: str
    """Of the sha256 of each canonical row, one after the other."""
    first_at: str | None
    last_at: str | None
    time_column: str
    columns: list[list[str]]


def run(database: Database, directory: Path, *, settings: Settings, execute: bool, report: Report) -> int:
    """Returns how many months were, or would be, archived.

    What goes must be provable without it: it is sealed and the checkpoint sent out first.
    """
    if execute:
        seal.seal(database)
        seal.checkpoint(database, settings)
    with database.connect(autocommit=True) as connection:
        require_migrated(connection)
        months = past_floor(connection)
        due = [month for month in months if not month.is_held]
        for held in (month for month in months if month.is_held):
            report(f"{held}: kept: under a legal hold")
        if not execute:
            for month in due:
                report(f"{month}: would be archived and removed, {_count(connection, month):,} entries")
            return len(due)
        if due:
            _make_directory(directory)
        for month in due:
            entry = export(connection, month, directory)
            verify(directory, entry)
            prune(connection, month, entry)
            report(f"{month}: {entry.rows:,} entries in {entry.file}, verified, removed from the database")
        return len(due)


def past_floor(connection: Connection) -> list[Month]:
    return [Month(*row) for row in ask(connection, "months_past_floor")]


def export(connection: Connection, month: Month, directory: Path) -> Entry:
    """Writes the month's file and its entry in the manifest. A file that is there is never changed."""
    log = ask(connection, "archived_log", log=month.log).fetchone()
    if log is None:
        raise RunnerError("The log no longer exists.")
    (time_column,) = log
    part = directory / f".{month.log}_{month.month:%Y_%m}.part"
    digest, count, first, last = hashlib.sha256(), 0, None, None
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with (
        part.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as file,
    ):
        for line in _lines(connection, month):
            digest.update(hashlib.sha256(line).digest())
            file.write(line + b"\n")
            count += 1
            first, last = first or line, line
    rows_sha256 = digest.hexdigest()
    # Named by what is in it: an entry that came late makes another file, and none is ever replaced.
    name = f"{month.log}_{month.month:%Y_%m}_{rows_sha256[:12]}.jsonl.gz"
    sync(part)
    part.replace(directory / name)
    sync(directory)
    entry = Entry(
        log=month.log,
        month=month.month.isoformat(),
        file=name,
        file_sha256=_file_sha256(directory / name),
        rows=count,
        rows_sha256=rows_sha256,
        first_at=json.loads(first)[time_column] if first else None,
        last_at=json.loads(last)[time_column] if last else None,
        time_column=time_column,
        columns=[list(row) for row in ask(connection, "log_columns", log=month.log)],
    )
    entries = [known for known in read_manifest(directory) if known.file != name] + [entry]
    _write_manifest(directory, entries)
    return entry


def verify(directory: Path, entry: Entry) -> None:
    """Reads the file back from the disk and compares it with its entry in the manifest on the disk."""
    if entry not in read_manifest(directory):
        raise RunnerError(f"{directory / MANIFEST} does not match what was written to {entry.file}.")
    if _file_sha256(directory / entry.file) != entry.file_sha256:
        raise RunnerError(f"{entry.file} is not the file in the manifest: its SHA-256 differs.")
    digest, count = hashlib.sha256(), 0
    for line in read_lines(directory / entry.file):
        if not isinstance(json.loads(line), dict):
            raise RunnerError(f"{entry.file}: line {count + 1} is not an entry.")
        digest.update(hashlib.sha256(line).digest())
        count += 1
    if (count, digest.hexdigest()) != (entry.rows, entry.rows_sha256):
        raise RunnerError(f"{entry.file} does not contain the entries in the manifest.")


def restore(database: Database, directory: Path, schema: str, log: str | None, report: Report) -> int:
    """Loads archived months into tables of a new schema, for somebody who has a question."""
    entries = [entry for entry in read_manifest(directory, must_exist=True) if log in (None, entry.log)]
    if not entries:
        raise RunnerError(f"{directory / MANIFEST} contains nothing of {log or 'any log'}.")
    for entry in entries:
        verify(directory, entry)
    with database.connect() as connection:
        set_locally(connection, "TimeZone", "UTC")
        try:
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        except pg.DuplicateSchema as error:
            raise RunnerError(
                f"The schema {schema} exists already. Give another name, or drop it first.", 2
            ) from error
        except pg.Error as error:
            raise from_database(error, f"schema {schema}") from error
        total = 0
        for entry in entries:
            total += _restore(connection, directory, schema, entry)
            report(f"{entry.log} {entry.month[:7]}: {entry.rows:,} entries in {schema}.{entry.log}, verified")
        for restored in sorted({entry.log for entry in entries}):
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, restored)))
    return total


def read_manifest(directory: Path, *, must_exist: bool = False) -> list[Entry]:
    path = directory / MANIFEST
    if not path.exists() and not must_exist:
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise RunnerError(f"{path} has format {content['format']}; this version reads {FORMAT}.")
        entries = [Entry(**entry) for entry in content["entries"]]
    except FileNotFoundError as error:
        raise RunnerError(f"There is no {MANIFEST} in {directory}.", 2) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunnerError(f"{path} cannot be read ({type(error).__name__}).") from error
    for entry in entries:
        if Path(entry.file).name != entry.file:
            raise RunnerError(f"{path} names a file outside its directory.")
    return entries


def read_lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            for line in file:
                yield line.removesuffix(b"\n")
    except (OSError, EOFError, ValueError) as error:
        raise RunnerError(f"{path.name} cannot be read ({type(error).__name__}).") from error


def _lines(connection: Connection, month: Month) -> Iterator[bytes]:
    # The server's own cursor: a month need not fit into memory here.
    with connection.transaction(), connection.cursor(name="archive") as cursor:
        cursor.itersize = _FETCH
        cursor.execute(calling("private.read_log_month", 2), (month.log, month.month))
        for (line,) in cursor:
            yield line.encode()


def _count(connection: Connection, month: Month) -> int:
    ((count,),) = ask(connection, "log_month_count", log=month.log, month=month.month)
    return int(count)


def prune(connection: Connection, month: Month, entry: Entry) -> None:
    sums = (entry.rows, entry.rows_sha256, entry.file_sha256)
    with explained(str(month)):
        call(connection, "private.prune_log_month", month.log, month.month, *sums)


def _restore(connection: Connection, directory: Path, schema: str, entry: Entry) -> int:
    table = sql.Identifier(schema, entry.log)
    if ask(connection, "archived_log", log=entry.log).fetchone() is None:
        raise RunnerError(f"There is no log {entry.log}.")
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_type(connection, kind)))
        for name, kind in entry.columns
    )
    connection.execute(sql.SQL("create table if not exists {} ({})").format(table, columns))
    ask(connection, "archived_lines")
    with connection.cursor() as cursor, cursor.copy("copy restored (line) from stdin") as copy:
        for line in read_lines(directory / entry.file):
            copy.write_row((line.decode(),))
    names = {
        "the_schema.the_log": table,
        "the_time": sql.Identifier(entry.time_column),
    }
    connection.execute(about("restored_log", names), {})
    # Not what went in but what came of it: the table's rows give the archived hash again.
    ((found,),) = connection.execute(about("restored_hash", names), {"month": entry.month})
    if found != entry.rows_sha256:
        raise RunnerError(f"{entry.file}: the restored entries are not those that were archived.")
    return entry.rows


def _type(connection: Connection, name: str) -> str:
    """The type's name as the server writes it, which a name in a file is not yet."""
    found = call(connection, "pg_catalog.to_regtype", name)
    if found is None:
        raise RunnerError(f"The manifest names an unknown type: {name}.")
    return str(found)


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise RunnerError(f"{directory} cannot be created ({error.strerror}).") from error


def _write_manifest(directory: Path, entries: list[Entry]) -> None:
    entries = sorted(entries, key=lambda entry: (entry.log, entry.month, entry.file))
    content = {"format": FORMAT, "entries": [asdict(entry) for entry in entries]}
    write_whole(directory / MANIFEST, json.dumps(content, indent=2) + "\n")


def _file_sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RunnerError(f"{path.name} cannot be read ({error.strerror}).") from error
