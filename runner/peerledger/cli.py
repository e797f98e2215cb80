"""The command line: `peerledger`."""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from rich.console import Console

from peerledger import alerts as alerts_command
from peerledger import archive as archive_command
from peerledger import demo as demo_command
from peerledger import load as load_command
from peerledger import migrate as migration
from peerledger import nightly as nightly_command
from peerledger import reconcile_badges as badge_reconciliation
from peerledger import status as status_command
from peerledger.database import Database, open_database
from peerledger.errors import INTERRUPTED, RunnerError, from_database, one_line
from peerledger.settings import Settings, load_settings
from peerledger.sqlfiles import ROOT

if TYPE_CHECKING:
    from peerledger.dynamics.credentials import Account

app = typer.Typer(
    name="peerledger",
    help="The database of a peer-mentor organisation, with records that nobody can change. "
    "Works on PEERLEDGER_DATABASE_URL, or on an embedded PostgreSQL under .peerledger/ when that is unset.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
reconcile = typer.Typer(
    help="Find what the ordinary way missed, and make up for it.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(reconcile, name="reconcile")


class Language(StrEnum):
    NB = "nb"
    EN = "en"


_errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = load_settings()
    with open_database(settings) as database:
        yield settings, database


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would change, and exit 1 if anything would.")
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
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="VERSION",
            help="With --print: only the step from that release (0.1.0), or from that migration (0015).",
        ),
    ] = None,
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare", help="Make the roles and the schema that a dump needs before it is restored."
        ),
    ] = False,
) -> None:
    """Bring the database and access to it up to this version. Safe to run twice, and many at once."""
    if check + (rollback is not None) + print_sql + prepare > 1:
        raise RunnerError("Only one of --check, --rollback, --prepare and --print can be given.", 2)
    if since is not None and not print_sql:
        raise RunnerError("--since VERSION goes with --print.", 2)
    if print_sql:
        typer.echo(migration.render() if since is None else migration.render_since(since))
        return
    with _opened() as (settings, database):
        if check:
            plan = migration.check(database)
            typer.echo("\n".join(plan.lines()) or "Nothing would change.")
            if not plan.is_empty:
                raise typer.Exit(1)
        elif prepare:
            migration.prepare(database)
            typer.echo("A dump can be restored now. After it: peerledger migrate.")
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
        Path | None, typer.Argument(metavar="DIR", help="Holds one CSV file a table, named after it.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Load the good lines and write the bad ones to a rejects file.")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Change rows that are there already to what the files say.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The rejects file; DIR/rejects.csv if not given.")
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write an example file for each table into DIR, and load nothing."),
    ] = None,
) -> None:
    """Load CSV files, all or nothing. Loading them again adds nothing and names what differs."""
    if template is not None:
        load_command.write_template(template)
        return
    if directory is None:
        raise RunnerError("Name the directory with the CSV files, or --template DIR.", 2)
    with _opened() as (_, database):
        load_command.run(
            database, directory, skip_bad=skip_bad, update=update, dry_run=dry_run, rejects=rejects
        )


@app.command()
def demo() -> None:
    """The whole system on sample data: migrates, loads examples/, shows what came of it."""
    with _opened() as (settings, database):
        demo_command.run(database, settings, ROOT / "examples" / "likeperson")


@reconcile.command("badges")
def reconcile_badges(
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="Mentors with an activity written since then, UTC; the last 24 hours if not given.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All mentors, over all of history.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the one that was stopped.")] = False,
    notify: Annotated[
        bool, typer.Option("--notify/--no-notify", help="Tell the mentors of what they are awarded.")
    ] = True,
    batch_size: Annotated[int, typer.Option(min=1, max=100_000, help="Mentors a transaction.")] = 500,
) -> None:
    """Evaluate mentors anew from their activities, and award what was missed."""
    if (since is not None) + everything + resume > 1:
        raise RunnerError("Only one of --since, --all and --resume can be given.", 2)
    point = "-infinity" if everything else since.isoformat() + "Z" if since else None
    with _opened() as (_, database):
        badge_reconciliation.run(database, point, notify=notify, resume=resume, batch_size=batch_size)


@app.command()
def nightly(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Expire and remind as if it were that day; each organisation's own today if not given.",
        ),
    ] = None,
) -> None:
    """The work of a night, step by step. Exit code 1 when a step failed; the others still ran."""
    with _opened() as (settings, database):
        results = nightly_command.run(database, as_of.date() if as_of else None, settings=settings)
    nightly_command.print_results(results)
    if not all(result.succeeded for result in results):
        raise typer.Exit(1)


@app.command()
def worker(
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="PART",
            help="sync, notifications or nightly; may be repeated. All three if not given.",
        ),
    ] = None,
) -> None:
    """Sync, notifications and the nightly schedule in one process, until Ctrl-C or SIGTERM."""
    from peerledger import worker as worker_command

    settings = load_settings()
    accounts = worker_command.check_settings(settings, only or [])
    with open_database(settings) as database:
        worker_command.run(database, settings, only or [], accounts)


@app.command()
def sync(
    once: Annotated[
        bool, typer.Option("--once", help="End when nothing is due, and say what was done.")
    ] = False,
    credentials: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Other credentials, as TOML or .env. With --once also while the sync stands still.",
        ),
    ] = None,
) -> None:
    """Bring the website to what the database wants, until SIGTERM."""
    from peerledger import sync_command

    accounts = _accounts(load_settings(), credentials)
    with _opened() as (settings, database):
        code = sync_command.run(
            database,
            settings,
            accounts,
            once=once,
            is_break_glass=once and credentials is not None,
            tell=_errors.print,
        )
    raise typer.Exit(code)


@app.command(name="check-credentials")
def check_credentials() -> None:
    """Do Entra and Dynamics accept the credentials? Exit code 1 when not. A good answer ends a standstill."""
    from peerledger import credential_check

    accounts = _accounts(load_settings())
    with _opened() as (settings, database):
        is_good = credential_check.run(database, settings, accounts, tell=typer.echo)
    if not is_good:
        raise typer.Exit(1)


@reconcile.command()
def website() -> None:
    """Compare what the website shows with what it should, and queue what differs."""
    from peerledger import reconcile_website

    accounts = _accounts(load_settings())
    with _opened() as (settings, database):
        reconcile_website.run(database, settings, accounts)


def _accounts(settings: Settings, file: Path | None = None) -> "list[Account]":
    # Here and in the three commands above: the libraries behind it take longer to import than all the rest.
    from peerledger.dynamics.credentials import load_accounts, readable_by_all

    file = file or settings.dynamics_credentials_file
    accounts = load_accounts(settings, file)
    if file is not None and readable_by_all(file):
        _errors.print(f"peerledger: {file} holds secrets and everybody can read it; run chmod 600 on it.")
    return accounts


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """How the system is. Exit code 1 when something needs a person."""
    with _opened() as (settings, database):
        state = status_command.read(database, settings)
    if as_json:
        typer.echo(json.dumps(state.as_dict(), indent=2))
    else:
        status_command.show(state)
    if state.problems:
        raise typer.Exit(1)


@app.command()
def report(
    org: Annotated[str, typer.Option("--org", metavar="SLUG", help="The organisation.")],
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="First day.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Last day, included.")
    ],
    html: Annotated[Path, typer.Option("--html", metavar="FILE", help="Where it is written.")],
    language: Annotated[
        Language | None, typer.Option("--lang", help="The organisation's own if not given.")
    ] = None,
) -> None:
    """What happened in an organisation, as one HTML file for whoever audits it."""
    from peerledger import report as report_command

    with _opened() as (_, database):
        report_command.write(
            database, org, first.date(), last.date(), html, language.value if language else None
        )
    typer.echo(f"The report is in {html}.")


@app.command()
def notify(
    once: Annotated[bool, typer.Option("--once", help="Deliver what is due now, then end.")] = False,
) -> None:
    """Deliver notifications by PEERLEDGER_NOTIFY_TRANSPORT until Ctrl-C or SIGTERM."""
    # Only here: the other commands need neither an HTTP client nor Google's library.
    from peerledger.notify import command as notify_command

    outcomes = notify_command.run(load_settings(), once)
    if once:
        counted = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
        typer.echo(counted or "Nothing was due.")


alerts_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(alerts_app, name="alerts")


@alerts_app.callback()
def alerts(context: typer.Context) -> None:
    """List the open alerts, the gravest first."""
    if context.invoked_subcommand is None:
        with _opened() as (_, database):
            alerts_command.show(alerts_command.list_open(database))


@alerts_app.command()
def acknowledge(
    alert_id: Annotated[uuid.UUID, typer.Argument(metavar="ID", help="As `peerledger alerts` shows it.")],
) -> None:
    """Say that somebody has seen to an alert. If the trouble comes back there is a new one."""
    with _opened() as (_, database):
        alerts_command.acknowledge(database, alert_id)
    typer.echo("Acknowledged.")


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
