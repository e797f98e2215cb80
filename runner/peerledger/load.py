"""`load DIR`: CSV files in, one a table. All or nothing, and repeatable."""

import csv
import difflib
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from peerledger.csvfiles import BadLine, CsvFile
from peerledger.database import Connection, Database
from peerledger.errors import RunnerError, from_database
from peerledger.plan import require_migrated
from peerledger.staging import CAN_CAST, Staging, check_header
from peerledger.tables import LOADABLE, describe

REJECTS = "rejects.csv"
_PRINTED = 50
# Of this transaction. Two years of activities must not bring a thousand messages about what is long known.
_HISTORY = """
delete from public.notifications
where
    kind = 'badge_awarded'
    and created_at = now()
    and (payload ->> 'qualified_on')::date < current_date - 30
"""


@dataclass
class Counts:
    read: int = 0
    inserted: int = 0
    bad: int = 0

    @property
    def present(self) -> int:
        return self.read - self.inserted - self.bad


@dataclass
class Result:
    counts: dict[str, Counts] = field(default_factory=dict)
    bad: list[BadLine] = field(default_factory=list)
    untold: int = 0
    """Badges reached long ago, of which nobody is told."""


class _RefusedError(Exception):
    """Leaves the transaction without a trace."""


def run(database: Database, directory: Path, *, skip_bad: bool = False, rejects: Path | None = None) -> None:
    result = load(database, directory, skip_bad=skip_bad, ignore=rejects)
    errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    for bad in result.bad[:_PRINTED]:
        errors.print(str(bad))
    if len(result.bad) > _PRINTED:
        errors.print(f"… and {len(result.bad) - _PRINTED} more.")
    if result.bad and not skip_bad:
        count = len(result.bad)
        raise RunnerError(
            f"Nothing was loaded: {count} bad line{'s' if count > 1 else ''}. "
            "Correct them, or load the rest with --skip-bad."
        )
    if skip_bad:
        path = rejects or directory / REJECTS
        _write_rejects(path, result.bad)
        if result.bad:
            errors.print(f"{len(result.bad)} bad lines were left out; they are listed in {path}.")
    show(result)


def load(
    database: Database, directory: Path, *, skip_bad: bool = False, ignore: Path | None = None
) -> Result:
    """With bad lines and without skip_bad, nothing is loaded."""
    paths = _paths(directory, ignore)
    result = Result()
    with database.connect() as connection, _progress() as progress:
        require_migrated(connection)
        try:
            with connection.transaction():
                _load_all(connection, paths, result, progress)
                if result.bad and not skip_bad:
                    raise _RefusedError
                result.untold = connection.execute(_HISTORY).rowcount
        except _RefusedError:
            pass
        except psycopg.Error as error:
            raise from_database(error, "Nothing was loaded") from error
    result.bad.sort(key=lambda bad: (list(paths).index(bad.file.removesuffix(".csv")), bad.line))
    return result


def show(result: Result) -> None:
    if result.untold:
        Console(stderr=True, highlight=False).print(
            f"{result.untold:,} badges were reached more than 30 days ago: nobody is told of those."
        )
    table = RichTable("table", box=None)
    for name in ("rows read", "inserted", "already there", "bad"):
        table.add_column(name, justify="right")
    for name, counts in result.counts.items():
        table.add_row(name, *(f"{n:,}" for n in (counts.read, counts.inserted, counts.present, counts.bad)))
    Console().print(table)


def _load_all(connection: Connection, paths: dict[str, Path], result: Result, progress: Progress) -> None:
    connection.execute("set local statement_timeout = 0")
    connection.execute("set local datestyle = 'ISO, YMD'")
    connection.execute(CAN_CAST)
    stagings: dict[str, Staging] = {}
    # Every header first: a wrong one is told before minutes of work.
    for name, path in paths.items():
        table, file = describe(connection, name), CsvFile(path)
        check_header(file, table)
        stagings[name] = Staging(connection, table, file)
    for name, staging in stagings.items():
        task: TaskID = progress.add_task(name, total=None)
        staging.copy(lambda count, task=task: progress.advance(task, count))  # type: ignore[misc]
        progress.update(task, description=f"{name}: checking")
        staging.check()
        progress.update(task, description=f"{name}: inserting")
        inserted = staging.insert()
        progress.update(task, description=name, total=staging.read, completed=staging.read)
        result.counts[name] = Counts(staging.read, inserted, len(staging.bad))
        result.bad.extend(staging.bad)


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
            close = difflib.get_close_matches(name, LOADABLE, 1)
            hint = f"Did you mean {close[0]}.csv?" if close else f"Known are {', '.join(LOADABLE)}."
            raise RunnerError(f"{name}.csv: there is no such table to load. {hint}")
    return {name: found[name] for name in LOADABLE if name in found}


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


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
