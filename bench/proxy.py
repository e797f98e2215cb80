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

from peerledger.database import Connection, Database

ROUNDS = 7
SINGLE_ROWS = 100
MENTORS = 100

_FIRST_DAY = date(2000, 1, 1)
_COORDINATOR = uuid.UUID("6f1b1b0a-3c1e-4c55-9a55-0f4d7f3a2b11")
_PREPARE = """
with organisation as (
    insert into public.organisations (slug, name) values ('bench-proxy', 'Bench') returning id
),
chapter as (
    insert into public.chapters (organisation_id, name)
    select id, 'Bench' from organisation
    returning id, organisation_id
),
assignment as (
    insert into public.coordinator_assignments (organisation_id, chapter_id, user_id)
    select organisation_id, id, %(coordinator)s from chapter
),
badges as (
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    select organisation.id, 'b' || number, 'B', (array[
        '{"metric": "activity_count", "at_least": 100000000}',
        '{"metric": "minutes_total", "at_least": 100000000, "activity_types": ["visit"]}',
        '{"metric": "distinct_days", "at_least": 100000000}',
        '{"metric": "activity_count", "at_least": 100000000, "within_days": 30}',
        '{"metric": "consecutive_weeks", "at_least": 100000000}'
    ])[1 + number %% 5]::jsonb
    from organisation, generate_series(1, 20) as number
)
insert into public.peer_mentors (organisation_id, chapter_id, display_name)
select organisation_id, id, 'bench-proxy ' || number from chapter, generate_series(1, %(mentors)s) as number
returning id, organisation_id
"""
_BARE = """
insert into public.activities (
    organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes
)
values
"""
_ROW = "('{organisation_id}', '{mentor_id}', '{coordinator_id}', 'visit', '{occurred_on}', 1)"
_SINGLE = "select * from public.register_proxy_activity('{mentor_id}', 'visit', '{occurred_on}', 1)"
_BULK = "select * from public.register_proxy_activities('{}')"


class Charity:
    """A hundred mentors, their coordinator, and twenty badges that nobody reaches."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._mentors = connection.execute(
            _PREPARE, {"coordinator": _COORDINATOR, "mentors": MENTORS}
        ).fetchall()
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
            "select private.refresh_measures(array_agg(mentor_id)) from private.mentor_measures"
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
    return [_BULK.format(json.dumps(entries))]


def _single_bare(charity: Charity, rows: int) -> list[str]:
    return [statement for _ in range(rows) for statement in _bare(charity, 1)]


def _single(charity: Charity, rows: int) -> list[str]:
    return [_SINGLE.format(**entry) for entry in charity.entries(rows)]


def _seconds(connection: Connection, statements: list[str]) -> float:
    started = time.perf_counter()
    for statement in statements:
        connection.execute(statement.encode())
    return time.perf_counter() - started


def _ratios(
    charity: Charity,
    rows: int,
    plain: Callable[[Charity, int], list[str]],
    work: Callable[[Charity, int], list[str]],
) -> tuple[list[float], list[float]]:
    """To the bare insert, and to one by the mentors themselves, which has only the badges to see to.

    In turn, since a machine's speed drifts; what is sent is made before the clock starts.
    """
    to_bare, to_own = [], []
    with charity.as_coordinator():
        _seconds(charity.connection, work(charity, rows))
    for _ in range(ROUNDS):
        with charity.without_triggers():
            bare = _seconds(charity.connection, plain(charity, rows))
        own = _seconds(
            charity.connection,
            [text.replace(f"'{_COORDINATOR}'", "null") for text in plain(charity, rows)],
        )
        with charity.as_coordinator():
            taken = _seconds(charity.connection, work(charity, rows))
        to_bare.append(taken / bare)
        to_own.append(taken / own)
    return to_bare, to_own


def measure(opened: Database) -> Table:
    table = Table(
        "registered by a coordinator",
        "to the bare insert",
        "to a mentor's own",
        title="proxy registration with 20 badges, commits not waited for: median ratio (lowest–highest)",
    )
    with opened.connect(autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        charity = Charity(connection)
        for name, rows, plain, work in (
            ("one, by the RPC", SINGLE_ROWS, _single_bare, _single),
            ("one, by a plain insert", SINGLE_ROWS, _single_bare, _single_bare),
            ("50 in one call of the RPC", 50, _bare, _bulk),
            ("500 in one call of the RPC", 500, _bare, _bulk),
            ("500 in one plain insert", 500, _bare, _bare),
        ):
            table.add_row(
                name,
                *(
                    f"{statistics.median(found):.2f} ({min(found):.2f}–{max(found):.2f})"
                    for found in _ratios(charity, rows, plain, work)
                ),
            )
    return table
