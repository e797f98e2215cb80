"""Time inserts with and without the triggers, in turn, on one embedded database of its own."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from runner import database, migrate
from runner.settings import Settings

ROUNDS = 5
SINGLE_ROWS = 100
BULK_ROWS = 20_000

INSERT = """
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select mentor.organisation_id, mentor.id, 'visit', date '2026-01-01' + number % 300, 30
from public.peer_mentors as mentor
cross join generate_series(1, {each}) as number
where mentor.display_name like '{who}'
"""


def prepare(connection: database.Connection, badges: int) -> None:
    """An organisation with badges of every kind that nobody reaches, so that each is worked for."""
    connection.execute(
        """
        with organisation as (
            insert into public.organisations (slug, name) values ('bench-%(badges)s', 'Bench') returning id
        ),
        mentors as (
            insert into public.peer_mentors (organisation_id, display_name)
            select id, 'bench-%(badges)s ' || number from organisation, generate_series(1, 200) as number
        )
        insert into public.badge_definitions (organisation_id, slug, name, criteria)
        select organisation.id, 'b' || number, 'B', (array[
            '{"metric": "activity_count", "at_least": 100000000}',
            '{"metric": "minutes_total", "at_least": 100000000, "activity_types": ["visit"]}',
            '{"metric": "distinct_days", "at_least": 100000000}',
            '{"metric": "activity_count", "at_least": 100000000, "within_days": 30}',
            '{"metric": "consecutive_weeks", "at_least": 100000000}'
        ])[1 + number %% 5]::jsonb
        from organisation, generate_series(1, %(badges)s) as number
        """.replace("%(badges)s", str(badges)).replace("%%", "%")
    )


def seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratios(connection: database.Connection, work: Callable[[], None]) -> list[float]:
    """With the triggers against without them, pair by pair, since a machine's speed drifts."""
    found = []
    work()
    for _ in range(ROUNDS):
        connection.execute("alter table public.activities disable trigger user")
        bare = seconds(work)
        connection.execute("alter table public.activities enable trigger user")
        # What was inserted without them is not in the rollups yet; the first evaluation recounts it.
        connection.execute("update private.mentor_measures set catalogue_version = null where true")
        work()
        found.append(seconds(work) / bare)
    return found


def main() -> int:
    table = Table(
        "insert",
        "median ratio",
        "lowest",
        "highest",
        title="with triggers : without, commits not waited for",
    )
    with (
        tempfile.TemporaryDirectory(prefix="peerledger-bench-", ignore_cleanup_errors=True) as directory,
        database.open_database(Settings(data_dir=Path(directory), database_url=None)) as opened,
    ):
        migrate.migrate(opened)
        with opened.connect(autocommit=True) as connection:
            # The disk's wait for a commit is the same with and without; it would only hide the work.
            connection.execute("set synchronous_commit = off")
            for badges in (20, 100):
                prepare(connection, badges)
                one = INSERT.format(each=1, who=f"bench-{badges} 1")
                bulk = INSERT.format(each=BULK_ROWS // 200, who=f"bench-{badges} %")

                def singles(statement: str = one) -> None:
                    for _ in range(SINGLE_ROWS):
                        connection.execute(statement)

                def at_once(statement: str = bulk) -> None:
                    connection.execute(statement)

                for name, work in (
                    (f"one row, {badges} badges", singles),
                    (f"{BULK_ROWS:,} rows in one statement, {badges} badges", at_once),
                ):
                    found = ratios(connection, work)
                    figures = (statistics.median(found), min(found), max(found))
                    table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
