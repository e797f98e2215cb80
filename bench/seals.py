"""What sealing costs: the insert with and without its number, leaves a second, a proof, bytes a leaf."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from peerledger import seal, verify
from peerledger.database import Connection, Database, open_database
from peerledger.migrate import migrate
from peerledger.settings import Settings

ROWS = 1_000_000
ROUNDS = 15
INSERTED = 20_000
_FILL = """
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source, criteria_outcomes)
select
    gen_random_uuid(), gen_random_uuid(), number, 'manual',
    '{"6f1b1b0a-3c1e-4c55-9a55-0f4d7f3a2b11": false}'
from generate_series(1, %s) as number
"""
# The same log by hand, with the number and without.
_TWINS = """
create table public.with_number (like public.badge_evaluation_logs including defaults);
create index on public.with_number using brin (recorded_in) with (pages_per_range = 16, autosummarize = on);
create table public.without_number (like public.badge_evaluation_logs including defaults);
alter table public.without_number drop column recorded_in;
"""
_TWIN = """
insert into public.{table} (id, peer_mentor_id, org_id, triggered_at, duration_ms, source)
select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), number, 'manual'
from generate_series(1, %s) as number
"""


def measure(database: Database, rows: int = ROWS) -> Table:
    table = Table("what", "measured", title=f"The seals, {rows:,} entries")
    with database.connect(autocommit=True) as connection, tempfile.TemporaryDirectory() as directory:
        table.add_row(f"insert of {INSERTED:,} rows, with the number : without", _ratio(connection))
        connection.execute(_FILL, (rows,))
        began = time.monotonic()
        sealed = seal.seal(database)
        table.add_row("leaves sealed a second (adoption)", _rate(sealed.entries, began))
        connection.execute(_FILL, (100_000,))
        began = time.monotonic()
        more = seal.seal(database)
        table.add_row("leaves sealed a second (steady)", _rate(more.entries, began))
        nothing = _milliseconds(connection, "select private.seal_logs()")
        table.add_row("nothing new", nothing)
        settings = Settings.model_construct(data_dir=Path(directory))
        seal.checkpoint(database, settings)
        entry = _one(connection, "select entry_id from private.sealed_entries where leaf_index = 777 limit 1")
        table.add_row(
            "a pocket proof",
            _milliseconds(connection, f"select private.pocket_proof('badge_evaluation_logs', '{entry}')"),
        )
        began = time.monotonic()
        verdict = verify.verify(database, settings)
        table.add_row("entries verified a second", _rate(verdict.entries, began))
        stored = _one(
            connection,
            "select sum(pg_total_relation_size(name::regclass)) from unnest(array['private.sealed_entries', "
            "'private.seal_tiles', 'private.seal_batches']) as name",
        )
        table.add_row("bytes a leaf", f"{int(str(stored)) / verdict.entries:.0f}")
    return table


def _ratio(connection: Connection) -> str:
    connection.execute(_TWINS)
    ratios = []
    for number in range(ROUNDS):
        taken = {}
        names = ("with_number", "without_number")
        for name in names if number % 2 else reversed(names):
            began = time.monotonic()
            connection.execute(_TWIN.format(table=name).encode(), (INSERTED,))
            taken[name] = time.monotonic() - began
            connection.execute(f"truncate public.{name}".encode())
        ratios.append(taken["with_number"] / taken["without_number"])
    connection.execute("drop table public.with_number, public.without_number")
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def _rate(count: int, began: float) -> str:
    return f"{count / (time.monotonic() - began):,.0f}"


def _milliseconds(connection: Connection, query: str) -> str:
    taken = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        connection.execute(query.encode())
        taken.append((time.monotonic() - began) * 1000)
    return f"{statistics.median(taken):.1f} ms ({min(taken):.1f}–{max(taken):.1f})"


def _one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="peerledger-bench-", ignore_cleanup_errors=True) as data,
        open_database(Settings(data_dir=Path(data), database_url=None)) as opened,
    ):
        migrate(opened)
        Console().print(measure(opened, int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
