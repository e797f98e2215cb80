"""The command line: `peerledger`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from rich.console import Console

from runner import archive as archive_command
from runner import demo as demo_command
from runner import load as load_command
from runner import migrate as migration
from runner import status as status_command
from runner.database import Database, open_database
from runner.errors import INTERRUPTED, RunnerError, from_database, one_line
from runner.settings import Settings, load_settings
from runner.sqlfiles import ROOT

app = typer.Typer(
    name="peerledger",
    help="The database of a peer-mentor organisation, with records that nobody can change. "
    "Works on PEERLEDGER_DATABASE_URL, or on an embedded PostgreSQL under .peerledger/ when that is unset.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = load_settings()
    with open_database(settings) as database:
        yield settings, database


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would change; write nothing.")
    ] = False,
    rollback: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Take back the last N migrations. Their tables go, with all rows."
        ),
    ] = None,
    print_sql: Annotated[
        bool,
        typer.Option("--print", help="Print the whole SQL, for psql or the Supabase CLI; needs no database."),
    ] = False,
) -> None:
    """Bring the database up to this version. Safe to run twice, and many at once."""
    if check + (rollback is not None) + print_sql > 1:
        raise RunnerError("Only one of --check, --rollback and --print can be given.", 2)
    if print_sql:
        typer.echo(migration.render())
        return
    with _opened() as (settings, database):
        if check:
            plan = migration.check(database)
            typer.echo("\n".join(plan.lines()) or "Nothing would change.")
        elif rollback is not None:
            left = migration.rollback(database, rollback, settings.migrate_wait_seconds, report=typer.echo)
            typer.echo(
                f"{left} migrations are left, without functions and policies. "
                "Run `peerledger migrate` of the version that belongs to them."
                if left
                else "Nothing of Peerledger is left but its bookkeeping."
            )
        else:
            plan = migration.migrate(database, settings.migrate_wait_seconds, report=typer.echo)
            typer.echo("There was nothing to do." if plan.is_empty else "The database is up to date.")


@app.command()
def load(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds one CSV file a table, named after it.")
    ],
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Load the good lines and write the bad ones to a rejects file.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The rejects file; DIR/rejects.csv if not given.")
    ] = None,
) -> None:
    """Load CSV files, all or nothing. Loading them again adds nothing."""
    with _opened() as (_, database):
        load_command.run(database, directory, skip_bad=skip_bad, rejects=rejects)


@app.command()
def demo() -> None:
    """The whole system on sample data: migrates, loads examples/, shows what came of it."""
    with _opened() as (settings, database):
        demo_command.run(database, settings, ROOT / "examples" / "likeperson")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """How the system is. Exit code 1 when something needs a person."""
    with _opened() as (_, database):
        state = status_command.read(database)
    if as_json:
        typer.echo(json.dumps(state.as_dict(), indent=2))
    else:
        status_command.show(state)
    if state.problems:
        raise typer.Exit(1)


@app.command()
def archive(
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Where the files and their manifest.json go.")
    ] = Path("archive"),
    execute: Annotated[
        bool, typer.Option("--execute", help="Really do it. Without: only say what would be archived.")
    ] = False,
) -> None:
    """Move months of the logs that are past their retention into files."""
    with _opened() as (_, database):
        count = archive_command.run(database, to, execute=execute, report=typer.echo)
    if not count:
        typer.echo("No month is past its retention and free to go.")
    elif not execute:
        typer.echo("Nothing was written or removed. Add --execute to do it.")


@app.command("restore-archive")
def restore_archive(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Holds the files and manifest.json.")],
    schema: Annotated[str, typer.Option(metavar="NAME", help="The new schema to load into.")],
    log: Annotated[str | None, typer.Option(metavar="LOG", help="Only this log.")] = None,
) -> None:
    """Load archived months into a schema of their own, to answer a question. The logs stay as they are."""
    with _opened() as (_, database):
        count = archive_command.restore(database, directory, schema, log, typer.echo)
    typer.echo(f"{count:,} entries. When the question is answered: drop schema {schema} cascade;")


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def psql(context: typer.Context) -> None:
    """Open a psql shell on the database. Arguments after -- go to psql."""
    with _opened() as (_, database):
        if database.psql is None:
            raise RunnerError("psql is not installed. Install PostgreSQL's client programs.")
        # Not on the command line, where everybody on the machine could read it.
        parts = conninfo_to_dict(database.conninfo)
        password = parts.pop("password", None)
        environment = dict(os.environ) | ({"PGPASSWORD": str(password)} if password else {})
        command = [database.psql, make_conninfo("", **parts), *context.args]
        # Ctrl-C belongs to psql. Not exec: the embedded server would never learn that we ended.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process = subprocess.Popen(
                command, env=environment, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
            )
            code = process.wait()
        finally:
            signal.signal(signal.SIGINT, before)
    raise typer.Exit(code)


def main() -> None:
    try:
        code = app(standalone_mode=False, prog_name="peerledger")
    except RunnerError as error:
        _fail(error.message, error.exit_code)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.format_message(), err=True)
            sys.exit(2)
        _fail(error.format_message(), 2)
    except psycopg.Error as error:
        _fail(from_database(error).message, 1)
    except (KeyboardInterrupt, typer.Abort):
        _fail("Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename or 'The system'}: {error.strerror or error}", 1)
    if code == INTERRUPTED:
        _fail("Interrupted.", INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> None:
    _errors.print(f"peerledger: {one_line(message)}")
    sys.exit(code)
