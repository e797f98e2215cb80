"""`reconcile badges`: in batches, each its own transaction, so that it can be stopped and resumed."""

from dataclasses import dataclass
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from peerledger.database import Connection, Database
from peerledger.errors import INTERRUPTED, RunnerError
from peerledger.queries import ask, call, rows
from peerledger.screen import Console


@dataclass(frozen=True)
class State:
    mentors_total: int
    mentors_done: int
    activities_scanned: int
    mentors_missing: int
    badges_awarded: int
    is_finished: bool
    mentors_skipped: int
    mentors_evaluated: int


def run(database: Database, since: str | None, *, notify: bool, resume: bool, batch_size: int) -> None:
    """`since`: an ISO date or time, -infinity for all of history, None for the last 24 hours."""
    with database.connect(autocommit=True) as connection:
        reconciliation = _unfinished(connection) if resume else _start(connection, since, notify)
        try:
            state = _to_the_end(connection, reconciliation, batch_size)
        except KeyboardInterrupt:
            raise RunnerError(
                "Interrupted. Finished batches are kept. To continue: peerledger reconcile badges --resume",
                INTERRUPTED,
            ) from None
    Console(highlight=False).print(
        f"{state.activities_scanned:,} activities, {state.mentors_done:,} mentors looked at, "
        f"{state.mentors_evaluated:,} evaluated.\n"
        f"{state.badges_awarded:,} badges awarded to {state.mentors_missing:,} mentors."
    )
    if state.mentors_skipped:
        Console(highlight=False).print(
            f"Mentors left out because they took too long: {state.mentors_skipped:,}. "
            "`peerledger alerts` names them."
        )


def _start(connection: Connection, since: str | None, notify: bool) -> UUID:
    given = {"since": since} if since is not None else {}
    started = call(
        connection, "public.start_badge_reconciliation", suppress_notifications=not notify, **given
    )
    return UUID(str(started))


def _unfinished(connection: Connection) -> UUID:
    row = ask(connection, "unfinished_reconciliation").fetchone()
    if row is None:
        raise RunnerError("No interrupted reconciliation to resume.")
    return UUID(str(row[0]))


def _to_the_end(connection: Connection, reconciliation: UUID, batch_size: int) -> State:
    progress = Progress(
        TextColumn("Looking at mentors"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        bar = progress.add_task("", total=None)
        while True:
            (row,) = rows(connection, "public.continue_badge_reconciliation", reconciliation, batch_size)
            state = State(*row)
            progress.update(bar, total=state.mentors_total, completed=state.mentors_done)
            if state.is_finished:
                return state
