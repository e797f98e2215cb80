"""`load DIR`: CSV files in, one a table. All or nothing, and repeatable. What a good line is, SQL decides."""

import csv
import difflib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from peerledger.csvfiles import BadLine, CsvFile
from peerledger.database import Connection, Database
from peerledger.errors import RunnerError, from_database
from peerledger.plan import require_migrated
from peerledger.queries import ask, call, rows, set_locally
from peerledger.screen import Console
from peerledger.statistics import analyze_what_needs_it

# Parents before their children.
LOADABLE = (
    "organisations",
    "organisation_settings",
    "chapters",
    "coordinator_assignments",
    "peer_mentors",
    "certifications",
    "badge_definitions",
    "activities",
    "activity_notes",
)
REJECTS = "rejects.csv"
_TEMPLATE = Path(__file__).parent / "load_template"
_PRINTED = 50
# Two loads wait for each other: their rows could hold each other up in any order ("load").
_LOCK_KEY = 0x6C6F6164


@dataclass
class Counts:
    read: int = 0
    inserted: int = 0
    present: int = 0
    different: int = 0
    updated: int = 0
    bad: int = 0


@dataclass
class Result:
    counts: dict[str, Counts] = field(default_factory=dict)
    bad: list[BadLine] = field(default_factory=list)
    different: list[BadLine] = field(default_factory=list)
    """Lines whose row is there already with another value; with update, what was changed."""
    untold: int = 0
    """Messages about badges and proxy activities of long ago, which nobody gets."""


class _RolledBackError(Exception):
    """Leaves the transaction without a trace."""


@dataclass(frozen=True)
class _Staged:
    table: str
    file: CsvFile


def run(
    database: Database,
    directory: Path,
    *,
    skip_bad: bool = False,
    update: bool = False,
    dry_run: bool = False,
    rejects: Path | None = None,
) -> None:
    result = load(database, directory, skip_bad=skip_bad, update=update, dry_run=dry_run, ignore=rejects)
    errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    for found in (result.bad, result.different):
        for line in found[:_PRINTED]:
            errors.print(str(line))
        if len(found) > _PRINTED:
            errors.print(f"… and {len(found) - _PRINTED:,} more.")
    if result.bad and not skip_bad:
        show(result)
        raise RunnerError(
            f"Nothing was loaded: {_counted(len(result.bad), 'bad line')}. "
            "Correct them, or load the rest with --skip-bad."
        )
    if skip_bad and not dry_run:
        path = rejects or directory / REJECTS
        _write_rejects(path, result.bad)
        if result.bad:
            errors.print(f"{_counted(len(result.bad), 'bad line')} left out; see {path}.")
    if result.different and not update:
        errors.print("Rows that are there were left as they are; --update takes what the files say.")
    if dry_run:
        errors.print("Dry run: nothing was written.")
    show(result)


def load(
    database: Database,
    directory: Path,
    *,
    skip_bad: bool = False,
    update: bool = False,
    dry_run: bool = False,
    ignore: Path | None = None,
) -> Result:
    """With bad lines and without skip_bad, nothing is loaded.

    Raises RunnerError for what is wrong with a whole file.
    """
    paths = _paths(directory, ignore)
    result = Result()
    with database.connect() as connection:
        require_migrated(connection)
        try:
            with connection.transaction(), _progress() as progress:
                set_locally(connection, "statement_timeout", 0)
                call(connection, "pg_catalog.pg_advisory_xact_lock", _LOCK_KEY)
                # Every header first: a wrong one is told before minutes of work.
                files = [_opened(connection, table, path) for table, path in paths.items()]
                for staged in files:
                    _load_file(connection, staged, update, result, progress)
                if dry_run or (result.bad and not skip_bad):
                    raise _RolledBackError
                result.untold = call(connection, "private.silence_old_news")
        except _RolledBackError:
            return result
        except psycopg.Error as error:
            raise from_database(error, "Nothing was loaded") from error
    # With what the triggers filled.
    loaded = [name for name, counts in result.counts.items() if counts.inserted or counts.updated]
    analyze_what_needs_it(database, [f"public.{name}" for name in loaded])
    return result


def write_template(directory: Path) -> None:
    """A file for each table with an example line that can be loaded. Never over an existing file."""
    directory.mkdir(parents=True, exist_ok=True)
    there = [path.name for path in _TEMPLATE.glob("*.csv") if (directory / path.name).exists()]
    if there:
        raise RunnerError(
            f"{directory} has {', '.join(sorted(there))} already. Choose an empty directory.", 2
        )
    for path in sorted(_TEMPLATE.glob("*.csv")):
        shutil.copy(path, directory / path.name)


def show(result: Result) -> None:
    if result.untold:
        Console(stderr=True, highlight=False).print(
            f"{result.untold:,} messages about badges and activities of more than 30 days ago are not sent."
        )
    # Seven columns on a screen of 80, none of them cut off.
    table = RichTable(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("table", no_wrap=True)
    for name in ("read", "inserted", "already there", "different", "updated", "rejected"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, counts in result.counts.items():
        figures = (counts.read, counts.inserted, counts.present, counts.different, counts.updated, counts.bad)
        table.add_row(name, *(f"{figure:,}" for figure in figures))
    Console().print(table)


def _opened(connection: Connection, table: str, path: Path) -> _Staged:
    columns = rows(connection, "private.loadable_columns", table, row_factory=dict_row)
    known = [each["column_name"] for each in columns]
    file = CsvFile(path, known)
    needed, key = (
        {each["column_name"] for each in columns if each[kind]} - {*file.header}
        for kind in ("is_required", "is_key")
    )
    required = [name for name in known if name in needed]
    keys = [name for name in known if name in key - needed]
    unknown = [name for name in file.header if name not in known]
    for names, reason in (
        (sorted({name for name in file.header if file.header.count(name) > 1}), "named twice in the header"),
        (unknown, f"not a column of {table}"),
        (required, "missing in the header"),
        (keys, "missing in the header; without it, loading again would double the rows"),
    ):
        if names:
            hint = _close(names, known) if names is unknown else ""
            raise RunnerError(f"{path.name}, line 1: {', '.join(map(repr, names))}: {reason}.{hint}")
    return _Staged(table, file)


def _load_file(
    connection: Connection, staged: _Staged, update: bool, result: Result, progress: Progress
) -> None:
    name = staged.table
    counts = result.counts[name] = Counts()
    task = progress.add_task(name, total=None)
    unreadable: list[BadLine] = []
    call(connection, "private.stage_lines", staged.file.header)
    copying = sql.SQL("copy pg_temp.staged_lines (line_number, {}) from stdin").format(
        sql.SQL(", ").join(map(sql.Identifier, staged.file.header))
    )
    with connection.cursor() as cursor, cursor.copy(copying) as copy:
        for line in staged.file.lines():
            counts.read += 1
            if counts.read % 500 == 0:
                progress.advance(task, 500)
            if isinstance(line, BadLine):
                unreadable.append(line)
            else:
                copy.write_row((line.number, *line.values))
    progress.update(task, description=f"{name}: checking")
    connection.execute("analyze pg_temp.staged_lines")
    call(connection, "private.check_staged_lines", name)
    progress.update(task, description=f"{name}: loading")
    (loaded,) = rows(connection, "private.load_typed_lines", name, update, row_factory=dict_row)
    vars(counts).update(loaded)
    found = [
        (kind, BadLine(staged.file.name, *rest))
        for kind, *rest in ask(connection, "load_findings", table=name)
    ]
    rejected = unreadable + [line for kind, line in found if kind == "rejected"]
    counts.bad = len({line.line for line in rejected})
    result.bad.extend(sorted(rejected))
    result.different.extend(sorted(line for kind, line in found if kind != "rejected"))
    progress.update(task, description=name, total=counts.read, completed=counts.read)


def _paths(directory: Path, ignore: Path | None) -> dict[str, Path]:
    if not directory.is_dir():
        raise RunnerError(f"{directory} is not a directory.", 2)
    rejected = {directory / REJECTS, *([ignore] if ignore else [])}
    found = {path.stem: path for path in sorted(directory.glob("*.csv")) if path not in rejected}
    if not found:
        raise RunnerError(
            f"There is no CSV file in {directory}. Known are {', '.join(LOADABLE)}, each as NAME.csv.", 2
        )
    for name in found:
        if name not in LOADABLE:
            hint = _close([name], LOADABLE, ".csv") or f" Known are {', '.join(LOADABLE)}."
            raise RunnerError(f"{name}.csv: there is no such table to load.{hint}")
    return {name: found[name] for name in LOADABLE if name in found}


def _close(names: list[str], known: tuple[str, ...] | list[str], suffix: str = "") -> str:
    unknown = [name for name in names if name not in known]
    close = difflib.get_close_matches(unknown[0], known, 1) if unknown else []
    return f" Did you mean {close[0]}{suffix}?" if close else ""


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _write_rejects(path: Path, bad: list[BadLine]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(("file", "line", "column", "reason"))
            writer.writerows((item.file, item.line, item.column, item.reason) for item in bad)
    except OSError as error:
        raise RunnerError(
            f"The good lines are loaded, but {path} cannot be written ({error.strerror})."
        ) from error


@contextmanager
def _progress() -> Iterator[Progress]:
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        yield progress
