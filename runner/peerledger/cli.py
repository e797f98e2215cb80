"""The command line: `peerledger`."""

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import Identifier

from peerledger import alerts as alerts_command
from peerledger import archive as archive_command
from peerledger import guards
from peerledger import load as load_command
from peerledger import migrate as migration
from peerledger import nightly as nightly_command
from peerledger import reconcile_badges as badge_reconciliation
from peerledger import status as status_command
from peerledger.cautions import cautions, is_readable_by_others
from peerledger.database import Database, open_database
from peerledger.errors import INTERRUPTED, RunnerError, from_database, one_line
from peerledger.screen import Console, echo
from peerledger.settings import Settings, load_settings
from peerledger.sqlfiles import ROOT, Tree

if TYPE_CHECKING:
    from peerledger.dynamics.credentials import Account

app = typer.Typer(
    name="peerledger",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
reconcile = typer.Typer(
    help="Detect and repair missed badges and website changes.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(reconcile, name="reconcile")


def _option(name: str, help_: str, metavar: str | None = None, **more: Any) -> Any:
    return typer.Option(name, help=help_, metavar=metavar, **more)


def _day(name: str, help_: str) -> Any:
    return _option(name, help_, "DATE", formats=["%Y-%m-%d"])


def _argument(metavar: str, help_: str) -> Any:
    return typer.Argument(help=help_, metavar=metavar)


class Language(StrEnum):
    NB = "nb"
    NN = "nn"
    EN = "en"


_errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = load_settings()
    with open_database(settings) as database:
        yield settings, database
    # Last, where it is seen; a command that fails has one thing to say.
    for caution in cautions(settings):
        _errors.print(f"peerledger: {caution}")


def _show_version(wanted: bool) -> None:
    if wanted:
        echo(f"peerledger {importlib.metadata.version('peerledger')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """The database backend of a peer-mentor organisation, with records that nobody can change.

    Uses the database in PEERLEDGER_DATABASE_URL, or an embedded PostgreSQL under .peerledger/ if unset.
    """


@app.command()
def migrate(
    check: Annotated[
        bool,
        _option("--check", "List what would change, without changing anything; exit 1 if anything would."),
    ] = False,
    rollback: Annotated[
        int | None,
        _option("--rollback", "Undo the last N migrations. Drops their tables with all rows.", "N", min=1),
    ] = None,
    print_sql: Annotated[
        bool, _option("--print", "Print all SQL, for psql or the Supabase CLI. Needs no database.")
    ] = False,
    since: Annotated[
        str | None,
        _option(
            "--since",
            "With --print: only the step from that release (0.1.0), or from that migration (0015).",
            "VERSION",
        ),
    ] = None,
    prepare: Annotated[
        bool, _option("--prepare", "Make the roles and the schema that a dump needs before it is restored.")
    ] = False,
) -> None:
    """Bring the database and access to it up to this version. Safe to repeat and to run concurrently."""
    if check + (rollback is not None) + print_sql + prepare > 1:
        raise RunnerError("--check, --rollback, --prepare and --print are mutually exclusive.", 2)
    if since is not None and not print_sql:
        raise RunnerError("--since VERSION goes with --print.", 2)
    if print_sql:
        echo(migration.render() if since is None else migration.render_since(since))
        return
    with _opened() as (settings, database):
        if check:
            plan = migration.check(database)
            echo("\n".join(plan.lines()) or "Nothing would change.")
            if not plan.is_empty:
                raise typer.Exit(1)
        elif prepare:
            migration.prepare(database)
            echo("A dump can be restored now. After it: peerledger migrate.")
        elif rollback is not None:
            left = migration.rollback(database, rollback, settings.migrate_wait_seconds, report=echo)
            echo(
                f"{left} migrations remain, without functions, triggers and policies. "
                "Run `peerledger migrate` with the matching version."
                if left
                else "All of Peerledger has been removed, except its list of migrations."
            )
        else:
            plan = migration.migrate(database, settings.migrate_wait_seconds, report=echo)
            echo("Nothing to do." if plan.is_empty else "The database is up to date.")


@app.command()
def load(
    directory: Annotated[Path, _argument("DIR", "Contains one CSV file per table, named after it.")],
    skip_bad: Annotated[
        bool, _option("--skip-bad", "Load the valid lines and list the others in a rejects file.")
    ] = False,
    update: Annotated[bool, _option("--update", "Update existing rows that differ from the files.")] = False,
    dry_run: Annotated[bool, _option("--dry-run", "Check everything without writing anything.")] = False,
    rejects: Annotated[
        Path | None, _option("--rejects", "The rejects file. Default: DIR/rejects.csv.", "FILE")
    ] = None,
    template: Annotated[
        bool, _option("--template", "Write example files for all tables into DIR; load nothing.")
    ] = False,
) -> None:
    """Load CSV files, all or nothing. Loading them again changes nothing, and names what differs."""
    if template:
        load_command.write_template(directory)
        return
    with _opened() as (_, database):
        load_command.run(
            database, directory, skip_bad=skip_bad, update=update, dry_run=dry_run, rejects=rejects
        )


@app.command("copy-for-staging")
def copy_for_staging(
    dry_run: Annotated[
        bool, _option("--dry-run", "List the tables, their rows and what is masked; write nothing.")
    ] = False,
) -> None:
    """Copy the database into the empty one in PEERLEDGER_STAGING_URL, with invented people."""
    from peerledger import staging
    from peerledger.database import other_database
    from peerledger.progress import steps

    with _opened() as (settings, database):
        target = None if settings.staging_url is None else other_database(settings.staging_url)
        if target is None and not dry_run:
            raise RunnerError("PEERLEDGER_STAGING_URL is not set: the empty database that is written.", 2)
        with steps("copying") as report:
            copied = staging.run(database, None if dry_run else target, settings, report)
        staging.show(copied)
    if dry_run or target is None:
        echo("Nothing was written.")
    else:
        echo(f"Copied to {target.name}. Ids are the real ones: the copy is pseudonymous, not anonymous.")


@app.command()
def demo(
    use_database_url: Annotated[
        bool,
        _option(
            "--use-database-url",
            "Not embedded but in PEERLEDGER_DATABASE_URL, for good: a log row cannot be deleted.",
        ),
    ] = False,
) -> None:
    """Run the whole system on sample data, in an embedded database."""
    from peerledger import demo as demo_command

    settings = load_settings()
    if use_database_url and settings.database_url is None:
        raise RunnerError("--use-database-url: PEERLEDGER_DATABASE_URL is not set.", 2)
    # Whoever has followed the README has their own database in the environment by now.
    is_set_aside = settings.database_url is not None and not use_database_url
    if is_set_aside:
        settings = settings.model_copy(update={"database_url": None})
        _errors.print("The demo is embedded; the database in PEERLEDGER_DATABASE_URL is left alone.")
    with open_database(settings) as database:
        demo_command.run(database, settings, ROOT / "examples" / "likeperson", is_set_aside)


@reconcile.command("badges")
def reconcile_badges(
    since: Annotated[
        datetime | None,
        _option(
            "--since",
            "Only mentors with activities written since then (UTC). Default: the last 24 hours.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
    everything: Annotated[bool, _option("--all", "All mentors, over their whole history.")] = False,
    resume: Annotated[bool, _option("--resume", "Resume the interrupted one.")] = False,
    notify: Annotated[bool, _option("--notify/--no-notify", "Notify mentors of the badges awarded.")] = True,
    batch_size: Annotated[int, _option("--batch-size", "Mentors per transaction.", min=1, max=100_000)] = 500,
) -> None:
    """Compare mentors with their activities, and award the badges that were missed."""
    if (since is not None) + everything + resume > 1:
        raise RunnerError("--since, --all and --resume are mutually exclusive.", 2)
    point = "-infinity" if everything else since.isoformat() + "Z" if since else None
    with _opened() as (_, database):
        badge_reconciliation.run(database, point, notify=notify, resume=resume, batch_size=batch_size)


@app.command()
def nightly(
    as_of: Annotated[
        datetime | None,
        _day(
            "--as-of", "Expire and remind as of that date. Default: today in each organisation's time zone."
        ),
    ] = None,
) -> None:
    """Run the nightly steps. A failed step does not stop the others; exit code 1 if any failed."""
    from peerledger import heartbeat, seal_night

    with _opened() as (settings, database):
        results = nightly_command.run(database, as_of.date() if as_of else None, settings=settings)
        nightly_command.print_results(results)
        # Also of a night in which a step failed: what was written is sealed.
        seal_night.run(database, settings, echo)
        heartbeat.send(settings, is_good=all(result.succeeded for result in results))
    if not all(result.succeeded for result in results):
        raise typer.Exit(1)


@app.command()
def worker(
    only: Annotated[
        list[str] | None,
        _option(
            "--only",
            "sync, notifications, seal, nightly or alerts; may be repeated. Default: all five.",
            "PART",
        ),
    ] = None,
) -> None:
    """Run website sync, notifications, seals, the nightly schedule and alerts until SIGTERM or Ctrl-C."""
    from peerledger import worker as worker_command

    settings = load_settings()
    accounts = worker_command.check_settings(settings, only or [])
    with open_database(settings) as database:
        worker_command.run(database, settings, only or [], accounts)


@app.command()
def sync(
    once: Annotated[bool, _option("--once", "Stop when nothing is due, and print a summary.")] = False,
    credentials: Annotated[
        Path | None,
        _option(
            "--credentials",
            "Use other credentials (TOML or .env). With --once, works while the sync is paused.",
            "FILE",
        ),
    ] = None,
) -> None:
    """Run the website sync worker until SIGTERM."""
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
    """Check the Dynamics credentials, and resume the sync if they are accepted. Exit code 1 if not."""
    from peerledger import credential_check

    accounts = _accounts(load_settings())
    with _opened() as (settings, database):
        is_good = credential_check.run(database, settings, accounts, tell=echo)
    if not is_good:
        raise typer.Exit(1)


@reconcile.command()
def website() -> None:
    """Compare the website with the database, and queue what differs."""
    from peerledger import reconcile_website

    accounts = _accounts(load_settings())
    with _opened() as (settings, database):
        reconcile_website.run(database, settings, accounts)


def _accounts(settings: Settings, file: Path | None = None) -> "list[Account]":
    # Here and in the three commands above: the libraries behind it take longer to import than all the rest.
    from peerledger.dynamics.credentials import load_accounts

    accounts = load_accounts(settings, file or settings.dynamics_credentials_file)
    # Of the one in the settings, `cautions` speaks.
    if file is not None and is_readable_by_others(file):
        _errors.print(
            f"peerledger: {file} contains secrets and is readable by everyone. Run: chmod 600 {file}"
        )
    return accounts


@app.command()
def status(
    as_json: Annotated[bool, _option("--json", "Print JSON.")] = False,
) -> None:
    """Show the state of the system. Exit code 1 when action is required."""
    with _opened() as (settings, database):
        state = status_command.read(database, settings)
    if as_json:
        echo(json.dumps(state.as_dict(), indent=2))
    else:
        status_command.show(state, settings)
    if state.problems:
        raise typer.Exit(1)


@app.command()
def report(
    org: Annotated[str, _option("--org", "The organisation's slug.", "SLUG")],
    first: Annotated[datetime, _day("--from", "First day.")],
    last: Annotated[datetime, _day("--to", "Last day (inclusive).")],
    html: Annotated[Path, _option("--html", "The file to write.", "FILE")],
    language: Annotated[Language | None, _option("--lang", "Default: the organisation's language.")] = None,
) -> None:
    """Write an organisation's compliance report for a period, as one HTML file."""
    from peerledger import report as report_command

    with _opened() as (_, database):
        report_command.write(
            database, org, first.date(), last.date(), html, language.value if language else None
        )
    echo(f"Report written to {html}.")


@app.command()
def grants(
    org: Annotated[str, _option("--org", "The organisation's slug.", "SLUG")],
    year: Annotated[int, _option("--year", "The year.", "YYYY", min=1970, max=2199)],
    csv: Annotated[Path | None, _option("--csv", "Write each activity with its reasons.", "FILE")] = None,
    html: Annotated[
        Path | None, _option("--html", "Write a page, with the proof of a closed year beside it.", "FILE")
    ] = None,
    list_file: Annotated[
        Path | None, _option("--list", "Write the list that a closed year's sha256 is of.", "FILE")
    ] = None,
    close: Annotated[bool, _option("--close", "Close the year first: keep the list as it is now.")] = False,
    language: Annotated[
        Language | None, _option("--lang", "The page's language. Default: the organisation's.")
    ] = None,
) -> None:
    """Count a year's activities for the state's grant. Exit code 1 when a closed list was changed."""
    from peerledger import grants as grants_command

    with _opened() as (_, database):
        if close:
            grants_command.close(database, org, year)
        counted = grants_command.read(database, org, year)
        if csv:
            grants_command.write_csv(counted, csv)
        if list_file:
            grants_command.write_list(counted, list_file)
        if html:
            grants_command.write_page(database, counted, html, language.value if language else None)
        grants_command.show(counted)
        if counted.is_broken:
            raise RunnerError(f"The list of {year} is not the one that was closed: its sha256 is another.")


@app.command()
def notify(
    once: Annotated[bool, _option("--once", "Deliver what is due now, then stop.")] = False,
) -> None:
    """Deliver notifications until SIGTERM or Ctrl-C."""
    # Only here: the other commands need neither an HTTP client nor Google's library.
    from peerledger.notify import command as notify_command

    outcomes = notify_command.run(load_settings(), once)
    if once:
        counted = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
        echo(counted or "Nothing was due.")


alerts_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(alerts_app, name="alerts")


@alerts_app.callback()
def alerts(context: typer.Context) -> None:
    """List open alerts, most severe first."""
    if context.invoked_subcommand is None:
        with _opened() as (_, database):
            alerts_command.show(alerts_command.list_open(database))


@alerts_app.command()
def acknowledge(
    alert_id: Annotated[uuid.UUID, _argument("ID", "As listed by `peerledger alerts`.")],
) -> None:
    """Acknowledge an alert. If the problem recurs, a new one is raised."""
    with _opened() as (_, database):
        alerts_command.acknowledge(database, alert_id)
    echo("Acknowledged.")


@alerts_app.command()
def tell() -> None:
    """Tell the receivers in PEERLEDGER_ALERT_URLS what they have not been told yet, as the worker does."""
    from peerledger.receivers import required
    from peerledger.telling import Teller

    receivers = required(load_settings())
    with _opened() as (_, database):
        is_taken = Teller(database, receivers).tell()
    if not is_taken:
        raise RunnerError(
            "Not every receiver took it; the others were told. It is tried again the next time."
        )


@alerts_app.command()
def send(
    text: Annotated[str, _argument("TEXT", "What to say.")],
) -> None:
    """Send a text to each receiver in PEERLEDGER_ALERT_URLS, as a test or by a script. Needs no database."""
    from peerledger.receivers import Tone, required, send_to_all

    receivers = required(load_settings())
    failed = send_to_all(receivers, "Peerledger", text, Tone.CRITICAL)
    for receiver in receivers:
        echo(f"{receiver.name}: {'not taken' if receiver in failed else 'taken'}")
    if failed:
        raise typer.Exit(1)


@app.command()
def archive(
    to: Annotated[Path, _option("--to", "Directory for the files and their manifest.json.", "DIR")] = Path(
        "archive"
    ),
    execute: Annotated[
        bool, _option("--execute", "Archive. Without it, only list what would be archived.")
    ] = False,
) -> None:
    """Move log months past their retention into files."""
    with _opened() as (settings, database):
        count = archive_command.run(database, to, execute=execute, report=echo, settings=settings)
    if not count:
        echo("No month is past its retention and free of legal holds.")
    elif not execute:
        echo("Nothing was written or removed. Add --execute to archive.")


@app.command()
def seal(
    once: Annotated[
        bool, _option("--once", "Seal and sign now, then end. Without: until Ctrl-C or SIGTERM.")
    ] = False,
    to: Annotated[
        Path | None, _option("--to", "Where each checkpoint goes, too: somebody else's.", "DIR")
    ] = None,
    make_key: Annotated[
        bool, _option("--make-key", "Make PEERLEDGER_SEAL_KEY_FILE and print its public key.")
    ] = False,
    new_generation: Annotated[
        bool, _option("--new-generation", "The tree does not continue what was signed, and that is known.")
    ] = False,
    reason: Annotated[
        str | None, _option("--reason", "Why, like restored_from_backup; with --new-generation.", "CODE")
    ] = None,
    adopt: Annotated[
        bool, _option("--adopt", "This server is the production database now: sign again.")
    ] = False,
) -> None:
    """Seal the logs and sign checkpoints. Exit code 4: the database does not continue what was signed."""
    from peerledger import checkpoints
    from peerledger import seal as seal_command

    if make_key + once + new_generation + adopt > 1 + (once and (new_generation or adopt)):
        raise RunnerError("Only one of --make-key, --new-generation and --adopt can be given.", 2)
    if (reason is not None) != new_generation:
        raise RunnerError("--new-generation and --reason CODE go together.", 2)
    settings = load_settings()
    if make_key:
        if settings.seal_key_file is None:
            raise RunnerError("PEERLEDGER_SEAL_KEY_FILE: set it to where the key shall be.", 2)
        origin = settings.seal_origin
        if origin is None:
            with open_database(settings) as database:
                origin = seal_command.origin(database, settings)
        key = checkpoints.make_key(settings.seal_key_file)
        echo(checkpoints.vkey(origin, key))
        return
    if settings.seal_key_file is not None:
        checkpoints.load_key(settings.seal_key_file)
    with open_database(settings) as database:
        if not (once or new_generation or adopt):
            from peerledger import worker as worker_command

            worker_command.run(database, settings, ["seal"], (), seal_to=to)
            return
        sealed = seal_command.seal(database, _errors.print)
        made = seal_command.checkpoint(
            database, settings, to=to, adopt=adopt, new_generation=reason, report=_errors.print
        )
    if made is None:
        echo("There is nothing to seal yet.")
        return
    echo(f"{sealed.entries:,} entries sealed.")
    echo(made.note, nl=False)
    if settings.seal_key_file is None:
        echo(
            "Not signed: no PEERLEDGER_SEAL_KEY_FILE is set; `peerledger seal --make-key` makes one.",
            err=True,
        )
    elif new_generation:
        key = checkpoints.load_key(settings.seal_key_file)
        echo(f"Hand out the key under its new name: {checkpoints.vkey(made.origin, key)}", err=True)


@app.command()
def prove(
    log: Annotated[str, _argument("LOG", "The log, like proxy_audit_log.")],
    entry_id: Annotated[uuid.UUID, _argument("ID", "The entry's id.")],
    at: Annotated[int | None, _option("--at", "In the tree of that size, not the newest.", "SIZE")] = None,
    seen: Annotated[
        list[Path] | None,
        _option("--seen", "A checkpoint that the reader has: link the proof to it.", "FILE"),
    ] = None,
    out: Annotated[Path | None, _option("--out", "Where it is written.", "FILE")] = None,
    tlog_proof: Annotated[bool, _option("--tlog-proof", "Write C2SP's text form beside it, too.")] = False,
) -> None:
    """Prove a log entry to somebody who trusts nobody: one file, judged by docs/verify_proof.py."""
    from peerledger import prove as prove_command

    with _opened() as (_, database):
        proof = prove_command.prove(database, log, entry_id, at, seen or [])
    text = prove_command.write(proof, out, tlog_proof)
    if out is None:
        echo(text, nl=False)
    else:
        echo(f"The proof is in {out}. To judge it: python3 docs/verify_proof.py {out}")


@app.command()
def verify(
    first: Annotated[int, _option("--from", "From this leaf on.", "N", min=0)] = 0,
    past: Annotated[int | None, _option("--to", "Up to the leaf before this one.", "N", min=0)] = None,
    since: Annotated[datetime | None, _day("--since", "Only what was sealed since then.")] = None,
    archive_directory: Annotated[
        Path | None, _option("--archive", "The archive's files instead of the logs.", "DIR")
    ] = None,
    proof: Annotated[Path | None, _option("--proof", "A pocket proof; needs no database.", "FILE")] = None,
    key: Annotated[list[str] | None, _option("--key", "The key that must have signed.", "VKEY")] = None,
    seen: Annotated[
        list[Path] | None, _option("--seen", "A checkpoint that was kept elsewhere; may be repeated.", "FILE")
    ] = None,
) -> None:
    """Recompute the seals. Exit code 0: sound, 1: findings, 2: cannot be judged, 3: nobody vouches."""
    from peerledger import checkpoints
    from peerledger import verify as verify_command
    from peerledger.progress import bar

    if proof is not None:
        arguments = [str(proof)]
        for name, values in (("--key", key or []), ("--seen", [str(path) for path in seen or []])):
            for value in values:
                arguments += [name, value]
        raise typer.Exit(checkpoints.verifier().main(arguments))
    settings = load_settings()
    with open_database(settings) as database:
        if archive_directory is not None:
            verdict = verify_command.verify_archive(
                database, settings, archive_directory, keys=key or [], seen=seen or []
            )
        else:
            with bar("verifying") as progress:
                verdict = verify_command.verify(
                    database,
                    settings,
                    first=first,
                    past=past,
                    since=since.date() if since else None,
                    keys=key or [],
                    seen=seen or [],
                    progress=progress,
                )
    for finding in verdict.findings:
        echo(f"FOUND {finding}")
    for note in verdict.notes:
        echo(note)
    words = {
        verify_command.SOUND: "sound.",
        verify_command.FINDINGS: f"{len(verdict.findings):,} findings.",
        verify_command.NOBODY_VOUCHES: "sound, but nobody outside vouches: give --key, or --seen "
        "with a checkpoint that was kept elsewhere.",
    }
    echo(f"{verdict.entries:,} entries verified: {words[verdict.exit_code]}")
    if verdict.exit_code:
        raise typer.Exit(verdict.exit_code)


@app.command()
def evidence(
    directory: Annotated[Path, _argument("DIR", "An empty directory for the package.")],
    org: Annotated[str, _option("--org", "The organisation.", "SLUG")],
    first: Annotated[
        datetime, _option("--from", "From this month on.", "DATE", formats=["%Y-%m-%d", "%Y-%m"])
    ],
    last: Annotated[
        datetime, _option("--to", "Up to and with this month.", "DATE", formats=["%Y-%m-%d", "%Y-%m"])
    ],
    seen: Annotated[
        list[Path] | None, _option("--seen", "A checkpoint that the auditor has; may be repeated.", "FILE")
    ] = None,
) -> None:
    """Write what an auditor of one organisation gets: its log entries, proofs, and how to check them."""
    from peerledger import evidence as evidence_command

    with _opened() as (settings, database):
        count = evidence_command.write(
            database, settings, org, first.date(), last.date(), directory, seen=seen or [], report=echo
        )
    echo(f"{count:,} entries in {directory}. To check it: python3 {directory}/verify_package.py")


@app.command("restore-archive")
def restore_archive(
    directory: Annotated[Path, _argument("DIR", "Contains the files and manifest.json.")],
    schema: Annotated[str, _option("--schema", "The schema to create and load into.", "NAME")],
    log: Annotated[str | None, _option("--log", "Only this log.", "LOG")] = None,
) -> None:
    """Load archived months into a separate schema, for inspection. The logs are not changed."""
    with _opened() as (_, database):
        count = archive_command.restore(database, directory, schema, log, echo)
    made = Identifier(schema).as_string()
    echo(f"{count:,} entries restored. When you are done: drop schema {made} cascade;")


@app.command("record-attempts")
def record_attempts(
    print_sql: Annotated[
        bool, _option("--print", "Print the SQL instead, for psql; needs no database.")
    ] = False,
) -> None:
    """Let refused attempts to change a log be recorded at once. Once, as a superuser."""
    file = Tree().superuser_script("record_attempts")
    if print_sql:
        echo(file.text)
        return
    with _opened() as (_, database):
        guards.run_as_superuser(database, file)
    echo("Attempts are recorded at once; `peerledger status` says so.")


# What libpq takes as a secret beside the password.
_SECRET_PARTS = ("sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")


def _service_file(folder: Path, secrets: Mapping[str, object]) -> Path:
    file = folder / "service"
    file.touch(mode=0o600)
    lines = [f"{name}={value}" for name, value in secrets.items()]
    if any("\n" in line for line in lines):
        raise RunnerError("A secret of PEERLEDGER_DATABASE_URL has more than one line; psql takes one.", 2)
    file.write_text("\n".join(["[peerledger]", *lines, ""]))
    return file


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def psql(context: typer.Context) -> None:
    """Open psql on the database. Arguments after -- are passed to psql."""
    with _opened() as (_, database), ExitStack() as cleaning:
        if database.psql is None:
            raise RunnerError("psql is not installed. Install the PostgreSQL client programs.")
        # Nothing secret on the command line, where everybody on the machine could read it.
        parts = conninfo_to_dict(database.conninfo)
        password = parts.pop("password", None)
        environment = dict(os.environ) | ({"PGPASSWORD": str(password)} if password else {})
        secrets = {name: parts.pop(name) for name in _SECRET_PARTS if name in parts}
        folder = cleaning.enter_context(TemporaryDirectory(prefix="peerledger-")) if secrets else None
        if folder is not None:
            # The others have no variable of their own; a service file takes any, and the folder is ours.
            parts["service"] = "peerledger"
            environment["PGSERVICEFILE"] = str(_service_file(Path(folder), secrets))
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
            echo(error.format_message(), err=True)
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
