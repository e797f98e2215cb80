"""`demo`: the whole system on sample data, with a local stand-in for Dynamics. Again, it finds all there.

In the embedded database the sample organisations have lived a year by then (story.py). In another one, which
somebody has to ask for, no clock is touched: the sample data is loaded, and read as of its last day.
"""

import asyncio
import csv
import os
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rich.table import Table

from peerledger import load as load_command
from peerledger import nightly, progress, report, status
from peerledger.database import Database
from peerledger.demo import clock
from peerledger.demo.postbox import Postbox
from peerledger.demo.samples import LAST_DAY
from peerledger.errors import RunnerError
from peerledger.migrate import migrate
from peerledger.notify.delivery import Delivery
from peerledger.screen import Console
from peerledger.settings import Settings

if TYPE_CHECKING:
    from peerledger.demo.story import Calendar

_KEY = "demo-seal.key"
# How long the story is, and the report about it.
MONTHS = 12

# What the sync has brought about stays; whoever it has not reached yet is shown wrongly, so that there is
# something to see. Organisations that switched it off have another website.
_ON_THE_WEBSITE = """
select
    mentor.dynamics_contact_id,
    case when state.state = 'synced' then state.operation = 'restore' else mentor.status <> 'active' end
from public.peer_mentors as mentor
left join public.hlf_sync_state as state on state.mentor_id = mentor.id
left join public.organisation_settings as setting on setting.organisation_id = mentor.organisation_id
where mentor.dynamics_contact_id is not null and coalesce(setting.website_sync_enabled, true)
"""


def run(database: Database, settings: Settings, samples: Path, is_set_aside: bool = False) -> None:
    # Only here: the libraries of the stand-in take a second to import.
    from peerledger.demo import story
    from standin import StandIn

    telling = Console(stderr=True, highlight=False, markup=False)
    out = Console(highlight=False, markup=False)
    telling.print(f"Working on {database.name}.")
    today = datetime.now(story.OSLO).date()
    if database.is_embedded and clock.is_unused(database):
        when = story.calendar(today, MONTHS)
        telling.print(f"Playing {when.days} days of {samples.name}, a minute or two …")
        _tell(database, settings, samples, when)
    migrate(database, settings.migrate_wait_seconds)
    _refuse_other_data(database, samples)
    if not database.is_embedded:
        telling.print(f"Loading {samples.name} …")
        load_command.run(database, samples)
    with database.connect() as connection:
        out.print(status.table(status.organisations(connection)))

    with StandIn() as standin:
        with database.connect() as connection:
            for contact, is_listed in connection.execute(_ON_THE_WEBSITE).fetchall():
                standin.add_contact(contact, is_listed)
        night_of = None if database.is_embedded else LAST_DAY
        out.print(f"\nThe night of {night_of or today}, with a stand-in for Dynamics:")
        _work(database, night_of, standin.configure(settings), out)
        shown = sum(standin.listed().values())
    (attempts,) = _row(database, "select count(*) from public.hlf_sync_audit_log")
    out.print(f"The website now lists {shown:,} mentors; the log holds {attempts:,} attempts.")
    _deliver(database, out)
    _prove(database, settings, out)
    page = settings.data_dir / "report.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    since = story.calendar(today, MONTHS).first if database.is_embedded else date(LAST_DAY.year, 1, 1)
    report.write(database, story.REPORT_OF, since, max(today, night_of or today), page)
    out.print(f"The report an auditor gets about {story.REPORT_OF}: {page} (open it in a browser).")
    program = "peerledger" if shutil.which("peerledger") else os.path.relpath(sys.argv[0])
    if is_set_aside:
        out.print("Look around in a shell without PEERLEDGER_DATABASE_URL: unset it first.")
    out.print(f"Look around with: {program} status, {program} alerts, {program} psql.")


def _tell(database: Database, settings: Settings, samples: Path, when: "Calendar") -> None:
    """What is half told when somebody interrupts it is in no database that anybody uses, and is told anew."""
    from peerledger import seal
    from peerledger.demo import story

    settings = _with_key(settings)
    own = seal.own_directory(settings)
    if own.exists():
        raise RunnerError(
            f"{own} holds the checkpoints of another database. Move it away, "
            "or set PEERLEDGER_DATA_DIR to another directory."
        )
    scratch = own.with_name(f"{own.name}-of-the-story")
    shutil.rmtree(scratch, ignore_errors=True)
    with (
        progress.bar(f"{when.first} to {when.last}") as tell,
        clock.scratch_database(database) as setting,
    ):
        story.play(setting, settings.model_copy(update={"seal_dir": scratch}), samples, when, tell)
    scratch.rename(own)


def _with_key(settings: Settings) -> Settings:
    from peerledger import checkpoints

    key_file = settings.data_dir / _KEY
    if not key_file.exists():
        checkpoints.make_key(key_file)
    return settings.model_copy(
        update={"seal_key_file": key_file, "seal_webhook": None, "seal_dir": settings.data_dir / "seals"}
    )


def _prove(database: Database, settings: Settings, out: Console) -> None:
    """Seals all that is in the logs, proves one entry, and has the auditor's own program judge the proof."""
    from peerledger import checkpoints, prove, seal

    settings = _with_key(settings)
    sealed = seal.seal(database)
    made = seal.checkpoint(database, settings)
    if made is None:
        return
    vkey = checkpoints.vkey(made.origin, checkpoints.load_key(settings.data_dir / _KEY))
    out.print(f"\n{sealed.entries:,} log entries sealed; the tree has {made.size:,}. Its checkpoint, signed:")
    out.print(made.note.rstrip(), soft_wrap=True)
    log = "proxy_audit_log"
    with database.connect() as connection:
        row = connection.execute(
            'select id from public.proxy_audit_log order by "timestamp", id limit 1'
        ).fetchone()
    if row is None:
        return
    file = settings.data_dir / "proof.json"
    prove.write(prove.prove(database, log, row[0]), file, tlog_proof=False)
    program = os.path.relpath(checkpoints.VERIFIER)
    out.print("One entry, proved without the database:")
    out.print(f"python3 {program} {file} --key …", soft_wrap=True)
    judged = subprocess.run(
        [sys.executable, "-I", "-S", checkpoints.VERIFIER, file, "--key", vkey],
        capture_output=True,
        text=True,
        check=False,
    )
    out.print(judged.stdout.rstrip())
    if judged.returncode:
        raise RunnerError("The proof of an entry is not valid.")


def _work(database: Database, night_of: date | None, settings: Settings, out: Console) -> None:
    from peerledger import reconcile_website
    from peerledger.dynamics.credentials import load_accounts

    # What an earlier run has done stays done: a night anew is an entry of each mentor it looks at.
    results = nightly.run(database, night_of, settings=settings, again=False)
    out.print(nightly.show(results))
    sync(database, settings, out)
    # Whoever was removed is seen to be gone.
    reconcile_website.reconcile(database, settings, load_accounts(settings))
    failed = [result.name for result in results if not result.succeeded]
    if failed:
        raise RunnerError(f"These nightly steps failed: {', '.join(failed)}.")


def sync(database: Database, settings: Settings, out: Console) -> None:
    from peerledger.dynamics.credentials import load_accounts
    from peerledger.dynamics.limits import limits_of
    from peerledger.website_sync import WebsiteSync, pace_of

    async def until_nothing_is_due() -> WebsiteSync:
        accounts = load_accounts(settings)
        made = WebsiteSync(
            database, accounts, limits=limits_of(settings), once=True, pace=pace_of(settings), tell=out.print
        )
        await made.run()
        return made

    made = asyncio.run(until_nothing_is_due())
    out.print(made.summary.table())
    if made.trouble:
        raise RunnerError(" ".join(sorted(made.trouble)))


def _deliver(database: Database, out: Console) -> None:
    postbox = Postbox()

    async def until_nothing_is_due() -> None:
        await Delivery(database.conninfo, postbox, batch_size=500).run_once(asyncio.Event())

    asyncio.run(until_nothing_is_due())
    if postbox.counts:
        table = Table("notifications", "sent", "first title")
        table.columns[1].justify = "right"
        for kind, count in sorted(postbox.counts.items()):
            table.add_row(kind, f"{count:,}", postbox.first[kind])
        out.print(table)
    (numbers,) = _row(database, "select private.status_numbers()")
    due, waiting = numbers["notifications_due"], numbers["notifications_waiting"]
    if waiting or due:
        out.print(f"{due + waiting:,} notifications wait for the morning or tomorrow's digest.")
    elif not postbox.counts:
        out.print("No notifications are due.")


def _refuse_other_data(database: Database, samples: Path) -> None:
    """The night and the stand-in are no play where there are real mentors."""
    with (samples / "organisations.csv").open(encoding="utf-8", newline="") as file:
        ours = [UUID(row["id"]) for row in csv.DictReader(file)]
    (others,) = _row(database, "select count(*) from public.organisations where id <> all (%s)", ours)
    if others:
        raise RunnerError(
            f"{database.name} contains organisations that are not sample data. "
            "The demo works on sample data only: leave out --use-database-url, "
            "or set PEERLEDGER_DATA_DIR to another directory."
        )


def _row(database: Database, query: str, *values: object) -> tuple[Any, ...]:
    with database.connect() as connection:
        return clock.one_row(connection, query, values or None)
