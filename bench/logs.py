"""A log of five years: what row level security costs the reader, and how fast a month is archived.

The coordinator's query under the policies against the same query as the owner, who sees all, with the
organisation given; pair by pair, since a machine's speed drifts.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from peerledger import archive, migrate, seal
from peerledger.database import Connection, Database, open_database
from peerledger.settings import Settings

ROWS = 5_000_000
ORGANISATIONS = 50
MENTORS = 40
"""In each organisation."""
MONTHS = 72
"""Five years, and the year before them that may be archived."""
ROUNDS = 15
ARCHIVED_MONTHS = 3

_COORDINATOR = "00000000-0000-4000-8000-000000000001"
_PREPARE = f"""
create function pg_temp.org(number int) returns uuid language sql immutable
as $$ select md5('org ' || number)::uuid $$;
insert into public.organisations (id, slug, name)
select pg_temp.org(number), 'bench-' || number, 'Bench' from generate_series(1, {ORGANISATIONS}) as number;
insert into public.peer_mentors (id, organisation_id, display_name)
select md5('mentor ' || organisation || ' ' || number)::uuid, pg_temp.org(organisation), 'Bench'
from generate_series(1, {ORGANISATIONS}) as organisation, generate_series(1, {MENTORS}) as number;
insert into public.coordinator_assignments (organisation_id, user_id)
values (pg_temp.org(7), '{_COORDINATOR}');
"""
# Indexes first and rows in time order, as they would have come in.
_FILL = f"""
insert into public.badge_evaluation_logs (
    peer_mentor_id, org_id, triggered_at, badges_evaluated, criteria_outcomes, error_message, duration_ms,
    source
)
select
    md5('mentor ' || organisation || ' ' || 1 + (number / {ORGANISATIONS}) %% {MENTORS})::uuid,
    md5('org ' || organisation)::uuid,
    %(start)s + (%(finish)s - %(start)s) * (number / %(rows)s::float8),
    '["6f1b1b0a-3c1e-4c55-9a55-0f4d7f3a2b11"]', '{{"6f1b1b0a-3c1e-4c55-9a55-0f4d7f3a2b11": false}}',
    case when number %% 500 = 0 then 'Something unexpected failed. (unknown)' end,
    1 + number %% 40, 'activity_insert'
from generate_series(0, %(rows)s - 1) as number,
    lateral (select 1 + number %% {ORGANISATIONS} as organisation) as o
"""
_RECENT = "triggered_at >= now() - interval '3 months'"
QUERIES = {
    "summary of three months": f"select source, count(*), avg(duration_ms) "
    f"from public.badge_evaluation_logs where {_RECENT}{{and_org}} group by source",
    "summary of a year": "select source, count(*), avg(duration_ms) from public.badge_evaluation_logs "
    "where triggered_at >= now() - interval '1 year'{and_org} group by source",
    "a mentor's history": "select * from public.badge_evaluation_logs "
    "where peer_mentor_id = md5('mentor 7 3')::uuid{and_org} order by triggered_at desc, id limit 50",
    "failures of a year": "select * from public.badge_evaluation_logs where error_message is not null "
    "and triggered_at >= now() - interval '1 year'{and_org} order by triggered_at desc, id limit 50",
    "a page, by key": "select * from public.badge_evaluation_logs "
    "where triggered_at < now() - interval '40 days' "
    f"and {_RECENT} and org_id = md5('org 7')::uuid order by triggered_at desc limit 50",
    "a page, by offset 1,000": f"select * from public.badge_evaluation_logs where {_RECENT} "
    "and org_id = md5('org 7')::uuid order by triggered_at desc limit 50 offset 1000",
    "a page, organisation left to the policy": f"select * from public.badge_evaluation_logs "
    f"where {_RECENT}{{and_org}} order by triggered_at desc limit 50",
}


def fill(connection: Connection, rows: int) -> float:
    """Returns the rows a second that went in."""
    connection.execute(_PREPARE.encode())
    months = [
        row[0]
        for row in connection.execute(
            "select (date_trunc('month', now()) - make_interval(months => number))::date "
            "from generate_series(0, %s) as number order by 1",
            (MONTHS - 1,),
        ).fetchall()
    ]
    connection.execute("set role peerledger_owner")
    for month in months:
        connection.execute("call private.create_log_partition('badge_evaluation_logs', %s)", (month,))
    started = time.perf_counter()
    each = rows // len(months)
    for month in months:
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        connection.execute(
            _FILL.replace("%(start)s", f"timestamptz '{month} 00:00+00'")
            .replace("%(finish)s", f"timestamptz '{following} 00:00+00'")
            .replace("%(rows)s", str(each))
            .replace("%%", "%")
            .encode()
        )
    taken = time.perf_counter() - started
    connection.execute("reset role")
    connection.execute("vacuum analyze public.badge_evaluation_logs")
    return len(months) * each / taken


def milliseconds(connection: Connection, query: str) -> float:
    started = time.perf_counter()
    connection.execute(query.encode()).fetchall()
    return (time.perf_counter() - started) * 1000


def compare(coordinator: Connection, owner: Connection, query: str) -> tuple[list[float], list[float]]:
    mine = query.replace("{and_org}", "")
    theirs = query.replace("{and_org}", " and org_id = md5('org 7')::uuid")
    taken, ratios = [], []
    for number in range(ROUNDS + 2):
        with_policy, bare = milliseconds(coordinator, mine), milliseconds(owner, theirs)
        if number >= 2:
            taken.append(with_policy)
            ratios.append(with_policy / bare)
    return taken, ratios


def measure(opened: Database, rows: int = ROWS) -> Table:
    table = Table("", "median", "lowest", "highest", "ms", title=f"a log of {rows:,} entries")
    with (
        opened.connect(autocommit=True) as connection,
        opened.connect(autocommit=True) as coordinator,
        opened.connect(autocommit=True) as owner,
    ):
        connection.execute("set synchronous_commit = off")
        speed = fill(connection, rows)
        coordinator.execute("set role authenticated")
        coordinator.execute(
            "select set_config('request.jwt.claims', %s, false)", (f'{{"sub": "{_COORDINATOR}"}}',)
        )
        owner.execute("set role peerledger_owner")
        for name, query in QUERIES.items():
            taken, ratios = compare(coordinator, owner, query)
            table.add_row(
                f"{name}: coordinator / owner",
                *(f"{figure:.2f}" for figure in (statistics.median(ratios), min(ratios), max(ratios))),
                f"{statistics.median(taken):.1f}",
            )
        table.add_row("entries a second, added in bulk", f"{speed:,.0f}")
        # A month goes only when it can be proven without its rows.
        with tempfile.TemporaryDirectory(prefix="peerledger-bench-seals-") as directory:
            seal.seal(opened)
            seal.checkpoint(opened, Settings.model_construct(data_dir=Path(directory)))
        for name, speeds in _archive(connection).items():
            table.add_row(
                f"entries a second, {name}",
                *(f"{figure:,.0f}" for figure in (statistics.median(speeds), min(speeds), max(speeds))),
            )
    return table


def _archive(connection: Connection) -> dict[str, list[float]]:
    speeds: dict[str, list[float]] = {"exported": [], "read back": [], "checked again and removed": []}
    with tempfile.TemporaryDirectory(prefix="peerledger-bench-archive-") as name:
        directory = Path(name)
        for month in archive.past_floor(connection)[:ARCHIVED_MONTHS]:
            entry: list[archive.Entry] = []
            steps: list[Callable[[], None]] = [
                lambda month=month, entry=entry: entry.append(archive.export(connection, month, directory)),  # type: ignore[misc]
                lambda entry=entry: archive.verify(directory, entry[0]),  # type: ignore[misc]
                lambda month=month, entry=entry: archive.prune(connection, month, entry[0]),  # type: ignore[misc]
            ]
            for found, step in zip(speeds.values(), steps, strict=True):
                started = time.perf_counter()
                step()
                found.append(entry[0].rows / (time.perf_counter() - started))
    return speeds


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with (
        tempfile.TemporaryDirectory(prefix="peerledger-bench-", ignore_cleanup_errors=True) as directory,
        open_database(Settings(data_dir=Path(directory), database_url=None)) as opened,
    ):
        migrate.migrate(opened)
        Console().print(measure(opened, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
