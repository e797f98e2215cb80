"""What evaluating badges adds to an insert, as a ratio to the same insert without any trigger.

Measured in more conditions than one, since a figure from the one that the code was tuned in says little:
statements prepared and not, few mentors and many, thresholds that nobody reaches and such as are crossed
now and then, the years of a charity. A client that waits for each answer sees part of what it costs only:
where its machine has nothing else to do, waking up takes longer than a bare insert. So the server's own
processor time is measured as well. Each figure is of pairs, one right after the other, and comes with its
range: on a machine that does other things, too, that is wide.
"""

import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from rich.table import Table

from peerledger.database import Connection, Database

ROUNDS = 7
SINGLE_ROWS = 100
BULK_ROWS = 20_000
SESSIONS = 4
REGULARS = 15
MENTORS = 200
HISTORIES = (100, 100_000)

INSERT = """
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (%s, %s, 'visit', %s, 30)
"""
INSERT_OF_TYPE = INSERT.replace("'visit'", "%s")
TYPES = ("visit", "visit", "phone_call")
BULK_INSERT = """
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select mentor.organisation_id, mentor.id, 'visit', date '2024-01-01' + number %% 300, 5
from public.peer_mentors as mentor
cross join generate_series(1, %s) as number
where mentor.id = any (%s)
"""


@dataclass(frozen=True)
class Thresholds:
    name: str
    criteria: list[str]


UNREACHED = Thresholds(
    "nobody reaches them",
    [
        '{"metric": "activity_count", "at_least": 100000000}',
        '{"metric": "minutes_total", "at_least": 100000000, "activity_types": ["visit"]}',
        '{"metric": "distinct_days", "at_least": 100000000}',
        '{"metric": "activity_count", "at_least": 100000000, "within_days": 30}',
        '{"metric": "consecutive_weeks", "at_least": 100000000}',
    ],
)
# {n} is 1, 2, 3, …: a ladder of badges for each kind.
CROSSED = Thresholds(
    "crossed now and then",
    [
        '{"metric": "activity_count", "at_least": {n}00}',
        '{"metric": "minutes_total", "at_least": {n}000, "activity_types": ["visit"]}',
        '{"metric": "distinct_days", "at_least": {n}0}',
        '{"metric": "activity_count", "at_least": {n}2, "within_days": 30}',
        '{"metric": "consecutive_weeks", "at_least": {n}8}',
    ],
)


# What a charity would ask for. Somebody is always one step from something.
USUAL = Thresholds(
    "usual ones",
    [
        *(f'{{"metric": "activity_count", "at_least": {n}}}' for n in (1, 5, 10, 25, 50, 100, 250)),
        *(f'{{"metric": "minutes_total", "at_least": {n}}}' for n in (600, 3000, 6000, 30000)),
        *(f'{{"metric": "distinct_days", "at_least": {n}}}' for n in (10, 50)),
        *(f'{{"metric": "consecutive_weeks", "at_least": {n}}}' for n in (4, 8, 12)),
        *(f'{{"metric": "consecutive_months", "at_least": {n}}}' for n in (6, 12)),
        '{"metric": "activity_count", "at_least": 8, "within_days": 30}',
        '{"metric": "distinct_activity_types", "at_least": 3}',
    ],
)


@dataclass(frozen=True)
class Organisation:
    id: uuid.UUID
    mentors: list[uuid.UUID]


@dataclass(frozen=True)
class Figures:
    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, ratios: list[float]) -> "Figures":
        return cls(statistics.median(ratios), min(ratios), max(ratios))


def measure(opened: Database) -> Table:
    table = Table("insert", "median ratio", "lowest", "highest", "asked for", title="badges on insert")

    def add(name: str, figures: Figures, asked: str) -> None:
        table.add_row(name, f"{figures.median:.2f}", f"{figures.lowest:.2f}", f"{figures.highest:.2f}", asked)

    with opened.connect(autocommit=True) as connection:
        for badges, asked in ((20, "2.5"), (100, "3.5")):
            for thresholds in (UNREACHED, CROSSED):
                for is_prepared in (False, True):
                    for mentors in (10, MENTORS):
                        organisation = prepare(connection, badges, thresholds)
                        connection.prepare_threshold = 0 if is_prepared else None
                        connection.execute("set synchronous_commit = off")
                        add(
                            f"one row, {badges} badges, {thresholds.name}, {mentors} mentors"
                            + (", prepared" if is_prepared else ""),
                            against_bare(
                                connection,
                                lambda o=organisation, m=mentors: singles(connection, o, o.mentors[:m]),  # type: ignore[misc]
                            ),
                            asked,
                        )
            connection.prepare_threshold = 5
            connection.execute("set synchronous_commit = on")
            organisation = prepare(connection, badges)
            add(
                f"one row, {badges} badges, commit waited for",
                against_bare(connection, lambda o=organisation: singles(connection, o, o.mentors[:10])),  # type: ignore[misc]
                asked,
            )
            connection.execute("set synchronous_commit = off")
            if clock := processor_time(connection):
                organisation = prepare(connection, badges)
                add(
                    f"one row, {badges} badges, the server's processor time",
                    against_bare(
                        connection,
                        lambda o=organisation: singles(connection, o, o.mentors[:10]),  # type: ignore[misc]
                        clock,
                    ),
                    "",
                )
            add(
                f"{BULK_ROWS:,} rows in one statement, {badges} badges",
                against_bare(connection, lambda o=organisation: bulk(connection, o)),  # type: ignore[misc]
                "2.0" if badges == 20 else "",
            )
            add(f"a mentor's first, {badges} badges", first_evaluations(connection, badges), "6")
        connection.execute("set synchronous_commit = on")
        organisation = prepare(connection, 20)
        add(
            f"{SESSIONS} sessions at once, one row each, 20 badges",
            against_bare(connection, lambda: sessions(opened, organisation)),
            "",
        )
        connection.execute("set synchronous_commit = off")
        if clock := processor_time(connection):
            for years, figures in zip(("first", "last"), four_years(connection, clock), strict=True):
                name = f"the {years} two of four usual years, {len(USUAL.criteria)} badges"
                add(f"{name}, the server's processor time", figures, "")
        add(
            f"a mentor with {HISTORIES[1]:,} activities : one with {HISTORIES[0]}",
            long_history(connection, prepare(connection, 20)),
            "1.15",
        )
    return table


def prepare(connection: Connection, badges: int, thresholds: Thresholds = UNREACHED) -> Organisation:
    """An organisation with badges of every kind."""
    row = connection.execute(
        "insert into public.organisations (slug, name) values (%s, 'Bench') returning id",
        (f"bench-{uuid.uuid4()}",),
    ).fetchone()
    assert row is not None
    mentors = connection.execute(
        "insert into public.peer_mentors (organisation_id, display_name) "
        "select %s, 'mentor ' || number from generate_series(1, %s) as number returning id",
        (row[0], MENTORS),
    ).fetchall()
    connection.execute(
        """
        insert into public.badge_definitions (organisation_id, slug, name, criteria)
        select
            %s, 'b' || number, 'B',
            replace((%s::text[])[1 + number %% %s], '{n}', (1 + number / %s)::text)::jsonb
        from generate_series(0, %s - 1) as number
        """,
        (row[0], thresholds.criteria, *[len(thresholds.criteria)] * 2, badges),
    )
    return Organisation(row[0], [mentor[0] for mentor in mentors])


def singles(connection: Connection, organisation: Organisation, mentors: list[uuid.UUID]) -> None:
    """One row a statement and a transaction, mostly on days of their own."""
    for number in range(SINGLE_ROWS):
        day = date(2022, 1, 1) + timedelta(days=random.randrange(1000))
        connection.execute(INSERT, (organisation.id, mentors[number % len(mentors)], day))


def first_evaluations(connection: Connection, badges: int) -> Figures:
    """Of mentors who were never evaluated, each once; against mentors of the same number without triggers."""
    ratios = []
    for _ in range(ROUNDS):
        organisation = prepare(connection, badges)
        connection.execute("alter table public.activities disable trigger user")
        bare = seconds(lambda o=organisation: singles(connection, o, o.mentors[:100]))  # type: ignore[misc]
        connection.execute("alter table public.activities enable trigger user")
        ratios.append(
            seconds(lambda o=organisation: singles(connection, o, o.mentors[100:])) / bare  # type: ignore[misc]
        )
    return Figures.of(ratios)


def bulk(connection: Connection, organisation: Organisation) -> None:
    connection.execute(BULK_INSERT, (BULK_ROWS // MENTORS, organisation.mentors))


def sessions(opened: Database, organisation: Organisation) -> None:
    def work(number: int) -> None:
        with opened.connect(autocommit=True) as connection:
            singles(connection, organisation, [organisation.mentors[number]])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def four_years(connection: Connection, clock: Callable[[], float]) -> tuple[Figures, Figures]:
    """Of mentors with some three activities in two weeks, of whom one in seven registers it weeks later."""
    with_badges, without = prepare(connection, len(USUAL.criteria), USUAL), prepare(connection, 0)
    chance = random.Random(0)
    registered = []
    for week in range(208):
        for mentor in range(REGULARS):
            while chance.random() < 0.6:
                day = date(2021, 1, 4) + timedelta(weeks=week, days=chance.randrange(7))
                late = timedelta(days=chance.choice((0, 0, 0, 0, 0, 0, 21)))
                registered.append((day + late, chance.random(), mentor, day, chance.choice(TYPES)))
    registered.sort()

    def insert(organisation: Organisation, part: list[tuple[date, float, int, date, str]]) -> None:
        for _, _, mentor, day, activity_type in part:
            connection.execute(
                INSERT_OF_TYPE, (organisation.id, organisation.mentors[mentor], activity_type, day)
            )

    ratios = []
    size = len(registered) // 16
    for first in range(0, size * 16, size):
        part = registered[first : first + size]
        connection.execute("alter table public.activities disable trigger user")
        bare = seconds(lambda part=part: insert(without, part), clock)  # type: ignore[misc]
        connection.execute("alter table public.activities enable trigger user")
        ratios.append(seconds(lambda part=part: insert(with_badges, part), clock) / bare)  # type: ignore[misc]
    return Figures.of(ratios[:8]), Figures.of(ratios[8:])


def seconds(work: Callable[[], None], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    work()
    return clock() - started


def processor_time(connection: Connection) -> Callable[[], float] | None:
    """What the session's process at the server has used, in seconds; None where it is elsewhere."""
    spent = Path(f"/proc/{connection.info.backend_pid}/schedstat")
    if not connection.info.host.startswith("/") or not spent.exists():
        return None
    return lambda: int(spent.read_text().split()[0]) / 1e9


def against_bare(
    connection: Connection, work: Callable[[], None], clock: Callable[[], float] = time.perf_counter
) -> Figures:
    """With the triggers against without them, pair by pair, since a machine's speed drifts."""
    ratios = []
    work()
    for _ in range(ROUNDS):
        connection.execute("alter table public.activities disable trigger user")
        bare = seconds(work, clock)
        connection.execute("alter table public.activities enable trigger user")
        # What was inserted without them is not in the rollups yet; the first evaluation recounts it.
        connection.execute("update private.mentor_measures set catalogue_version = null where true")
        work()
        ratios.append(seconds(work, clock) / bare)
    return Figures.of(ratios)


def long_history(connection: Connection, organisation: Organisation) -> Figures:
    """Histories of ten years; the same inserts for both mentors, in turn."""
    mentors = dict(zip(HISTORIES, organisation.mentors, strict=False))
    for activities, mentor in mentors.items():
        connection.execute(
            """
            insert into public.activities (
                organisation_id, mentor_id, activity_type, occurred_on, duration_minutes
            )
            select %s, %s, 'visit', date '2015-01-01' + number %% 3600, 5
            from generate_series(1, %s) as number
            """,
            (organisation.id, mentor, activities),
        )
    connection.execute("vacuum analyze")
    ratios = []
    for _ in range(ROUNDS * 3):
        short, long = (
            seconds(lambda m=mentor: singles(connection, organisation, [m]))  # type: ignore[misc]
            for mentor in mentors.values()
        )
        ratios.append(long / short)
    return Figures.of(ratios)
