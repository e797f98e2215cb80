"""`make chaos ARGS='--minutes 10 --seed 7 --server supabase17'`. Exit code 1: something was found."""

import argparse
import logging
import random
import sys

from conftest import ALL_TARGETS, EMBEDDED
from rich.table import Table
from servers import engine_error

from chaos import campaign
from peerledger.screen import Console


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=10, help="of faults; recovery and audit come after it"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument(
        "--server", choices=ALL_TARGETS, help="default: supabase17; embedded18 where no containers can be run"
    )
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="the faults with these words in their names"
    )
    given = parser.parse_args()
    target = given.server or ("supabase17" if engine_error() is None else EMBEDDED)
    # Of a connection that was broken in a transaction it says so, at length.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    console = Console(highlight=False, markup=False)
    console.print(f"{given.minutes:g} minutes on {target}, seed {given.seed}")
    outcome = campaign.run(
        target,
        given.seed,
        given.minutes * 60,
        only=given.only,
        tell=lambda line: print(line, flush=True),
    )
    show(console, outcome)
    print(f"{len(outcome.findings)} findings (seed {given.seed}).")
    return 1 if outcome.findings else 0


def show(console: Console, outcome: campaign.Outcome) -> None:
    for title, counts in (
        ("fault", outcome.faults),
        ("acknowledged", outcome.acknowledged),
        ("clients met, and got over", outcome.errors),
        ("runners ended", outcome.endings),
        ("audit: findings", outcome.checks),
    ):
        table = Table(title, "", title_justify="left")
        table.columns[1].justify = "right"
        for name, count in sorted(counts.items()):
            table.add_row(name, f"{count:,}")
        console.print(table)
    console.print(
        f"{outcome.requests:,} requests to the portal, {outcome.messages:,} to the receiver of messages, "
        f"{outcome.repeated:,} messages taken more than once under one id."
    )
    for finding in outcome.findings:
        console.print(f"FOUND {finding}")


if __name__ == "__main__":
    sys.exit(main())
