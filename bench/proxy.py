"""What registering on a mentor's behalf costs, as the ratio to the bare insert of the same rows."""

import json
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count

from rich.table import Table

from runner.database import Connection, Database

ROUNDS = 9
SINGLE_ROWS = 100
MENTORS = 100

_FIRST_DAY = date(2000, 1, 1)
_COORDINATOR = uuid.UUID("6f1b1b0a-3c1e-4c55-9a55-0f4d7f3a2b11")
_PREPARE = f"""
with organisation as (
    insert into public.organisations (slug, name) values ('bench-proxy', 'Bench') returning id
),
chapter as (
    insert into public.chapters (organisation_id, name) select id, 'Bench' from organisation returning id, organisation_id
),
assignment as (
    insert into public.coordinator_assignments (organisation_id, chapter_id, user_id)
    select organisation_id, id, '{_COORDINATOR}' from chapter
),
badges as (
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    select organisation.id, 'b' || number, 'B', (array[
        '{{"metric": "activity_count", "at_least": 100000000}}',
        '{{"metric": "minutes_total", "at_least": 100000000, "activity_types": ["visit"]}}',
        '{{"metric": "distinct_days", "at_least": 100000000}}',
        '{{"metric": "activity_count", "at_least": 100000000, "within_days": 30}}',
        '{{"metric": "consecutive_weeks", "at_least": 100000000}}'
    ])[1 + number % 5]::jsonb
    from organisation, generate_series(1, 20) as number
)
insert into public.peer_mentors (organisation_id, chapter_id, display_name)
select organisation_id, id, 'bench-proxy ' || number from chapter, generate_series(1, {MENTORS}) as number
returning id, organisation_id
"""
_BARE = """
insert into public.activities (
    organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes
)
values
"""
_ROW = "('{organisation_id}', '{mentor_id}', '{coordinator_id}', 'visit', '{occurred_on}', 1)"


class Charity:
    """A hundred mentors, their coordinator, and twenty badges that nobody reaches."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._mentors = connection.execute(_PREPARE.encode()).fetchall()
        self._numbers = count()

    def entries(self, rows: int) -> list[dict[str, str]]:
        """No two alike, and no mentor with more than a few minutes on a day."""
        found = []
        for number in (next(self._numbers) for _ in range(rows)):
            mentor_id, organisation_id = self._mentors[number % MENTORS]
            day = _FIRST_DAY + timedelta(days=number // MENTORS)
            found.append(
                {
                    "organisation_id": str(organisation_id),
                    "mentor_id": str(mentor_id),
                    "coordinator_id": str(_COORDINATOR),
                    "occurred_on": day.isoformat(),
                }
            )
        return found

    @contextmanager
    def as_coordinator(self) -> Iterator[None]:
        claims = json.dumps({"sub": str(_COORDINATOR), "role": "authenticated"})
        self.connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
        self.connection.execute("set role authenticated")
        yield
        self.connection.execute("reset role")

    @contextmanager
    def without_triggers(self) -> Iterator[None]:
        self.connection.execute("alter table public.activities disable trigger user")
        yield
        self.connection.execute("alter table public.activities enable trigger user")
        # What came in without them is not in the rollups; the next evaluation recounts it.
        self.connection.execute("update private.mentor_measures set catalogue_version = null where true")
        self.connection.execute(
            "select public.evaluate_badges(mentor_id) from private.mentor_measures", prepare=False
        )


def _bare(charity: Charity, rows: int) -> list[str]:
    return [_BARE + ", ".join(_ROW.format(**entry) for entry in charity.entries(rows))]


def _bulk(charity: Charity, rows: int) -> list[str]:
    entries = [
        {
            "mentor_id": entry["mentor_id"],
            "occurred_on": entry["occurred_on"],
            "activity_type": "visit",
            "duration_minutes": 1,
        }
        for entry in charity.entries(rows)
    ]
    return [f"select * from public.register_proxy_activities('{json.dumps(entries)}')"]


def _single_bare(charity: Charity, rows: int) -> list[str]:
    return [statement for _ in range(rows) for statement in _bare(charity, 1)]


def _single(charity: Charity, rows: int) -> list[str]:
    return [
        "select * from public.register_proxy_activity("
        f"'{entry['mentor_id']}', 'visit', '{entry['occurred_on']}', 1)"
        for entry in charity.entries(rows)
    ]


def _plain(charity: Charity, rows: int) -> list[str]:
    return _bare(charity, rows)


def _seconds(connection: Connection, statements: list[str]) -> float:
    started = time.perf_counter()
    for statement in statements:
        connection.execute(statement.encode())
    return time.perf_counter() - started


def _ratios(
    charity: Charity,
    rows: int,
    bare: Callable[[Charity, int], list[str]],
    work: Callable[[Charity, int], list[str]],
) -> list[float]:
    """Pair by pair, since a machine's speed drifts; what is sent is made before the clock starts."""
    found = []
    with charity.as_coordinator():
        _seconds(charity.connection, work(charity, rows))
    for _ in range(ROUNDS):
        with charity.without_triggers():
            alone = _seconds(charity.connection, bare(charity, rows))
        with charity.as_coordinator():
            found.append(_seconds(charity.connection, work(charity, rows)) / alone)
    return found


def measure(opened: Database) -> Table:
    table = Table(
        "registered by a coordinator",
        "median ratio",
        "lowest",
        "highest",
        title="proxy registration, 20 badges : bare insert by the owner, commits not waited for",
    )
    with opened.connect(autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        charity = Charity(connection)
        for name, rows, bare, work in (
            ("one, by the RPC", SINGLE_ROWS, _single_bare, _single),
            ("one, by a plain insert", SINGLE_ROWS, _single_bare, _single_bare),
            ("50 in one call of the RPC", 50, _bare, _bulk),
            ("500 in one call of the RPC", 500, _bare, _bulk),
            ("500 in one plain insert", 500, _bare, _plain),
        ):
            found = _ratios(charity, rows, bare, work)
            figures = (statistics.median(found), min(found), max(found))
            table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    return table
