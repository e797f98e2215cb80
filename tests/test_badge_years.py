"""Decades of one mentor's activities, in any order of arrival, against the plain model; hostile histories."""

import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest
from badge_model import Activity, Criteria, Mentor, Model, Organisation
from conftest import Database
from psycopg.types.json import Jsonb

_WEEKS = [date(2019, 1, 7) + timedelta(days=7 * number) for number in range(310)]
# With weeks left out, or a streak would never end.
_SOME_WEEKS = [day for number, day in enumerate(_WEEKS) if number % 23 % 11 < 9]
_MONTHS = [date(1985 + number // 12, 1 + number % 12, 1) for number in range(480)]

_BADGES: dict[str, Criteria] = {
    "four-weeks": {"metric": "consecutive_weeks", "at_least": 4},
    "sixty-weeks": {"metric": "consecutive_weeks", "at_least": 60},
    "all-weeks": {"metric": "consecutive_weeks", "at_least": 310},
    "weeks-in-a-window": {"metric": "consecutive_weeks", "at_least": 12, "within_days": 80},
    "visit-weeks": {"metric": "consecutive_weeks", "at_least": 5, "activity_types": ["visit"]},
    "three-months": {"metric": "consecutive_months", "at_least": 3},
    "twenty-years": {"metric": "consecutive_months", "at_least": 240},
    "all-months": {"metric": "consecutive_months", "at_least": 480},
    "months-in-a-window": {"metric": "consecutive_months", "at_least": 24, "within_days": 711},
    "two-hundred": {"metric": "activity_count", "at_least": 200},
    "busy-month": {"metric": "minutes_total", "at_least": 500, "within_days": 30},
    "ten-days": {"metric": "distinct_days", "at_least": 10, "within_days": 60},
    "both-types": {"metric": "distinct_activity_types", "at_least": 2, "from": "2020-03-01"},
    "both-types-in-a-week": {"metric": "distinct_activity_types", "at_least": 2, "within_days": 7},
    "phone-months": {"metric": "consecutive_months", "at_least": 6, "activity_types": ["phone"]},
    "months-from-a-day-on": {"metric": "consecutive_months", "at_least": 15, "from": "2020-02-20"},
    "weeks-of-two-years": {
        "metric": "consecutive_weeks",
        "at_least": 70,
        "from": "2021-04-07",
        "to": "2023-04-03",
    },
    "visit-hours": {"metric": "minutes_total", "at_least": 9000, "activity_types": ["visit"]},
    "people-in-a-fortnight": {"metric": "participants_total", "at_least": 3, "within_days": 14},
}

_INSERT = (
    "insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)"
)

# How activities arrive: each is what streaks grow and join by in another way.
_ORDERS: dict[str, Callable[[list[date], random.Random], list[date]]] = {
    "as they happened": lambda days, _: days,
    "latest first": lambda days, _: days[::-1],
    "every second, then the gaps": lambda days, _: days[::2] + days[1::2],
    "halves that meet": lambda days, _: (
        days[: len(days) // 2 - 1] + days[len(days) // 2 :] + days[len(days) // 2 - 1 :][:1]
    ),
    "shuffled": lambda days, chance: chance.sample(days, len(days)),
}


class Decades:
    """One mentor, and the model of them."""

    def __init__(self, database: Database, seed: str) -> None:
        self.random = random.Random(seed)
        self.connection = database.superuser()
        row = self.connection.execute(
            "insert into public.organisations (slug, name) values ('north', 'North') returning id"
        ).fetchone()
        assert row is not None
        self.organisation_id = row[0]
        row = self.connection.execute(
            "insert into public.peer_mentors (organisation_id, display_name) values (%s, 'M') returning id",
            row,
        ).fetchone()
        assert row is not None
        self.mentor_id = row[0]
        self.slugs: dict[str, str] = {}
        for slug, criteria in _BADGES.items():
            row = self.connection.execute(
                "insert into public.badge_definitions (organisation_id, slug, name, criteria)"
                " values (%s, %s, 'B', %s) returning id",
                (self.organisation_id, slug, Jsonb(criteria)),
            ).fetchone()
            assert row is not None
            self.slugs[str(row[0])] = slug
        self.mentor = Mentor(Organisation(_BADGES), date(2026, 1, 1))
        self.model = Model({self.mentor_id: self.mentor}, lambda _: date(2026, 1, 1))

    def statements(self, days: list[date]) -> Iterator[list[Activity]]:
        """Mostly single rows, as a mentor registers; now and then several, as a coordinator does."""
        rest = [
            Activity(
                self.mentor_id,
                self.random.choice(("visit", "visit", "phone")),
                day + timedelta(days=self.random.randrange(7)),
                self.random.choice((15, 60, 120)),
            )
            for day in days
        ]
        while rest:
            size = self.random.choice((1, 1, 1, 1, 30, 60))
            yield rest[:size]
            del rest[:size]

    def insert(self, activities: list[Activity], ids: Iterable[uuid.UUID] | None = None) -> None:
        self.connection.execute(
            """
            insert into public.activities (
                organisation_id, mentor_id, id, activity_type, occurred_on, duration_minutes
            )
            select %s, %s, given.id, given.activity_type, given.occurred_on, given.minutes
            from unnest(%s::uuid[], %s::text[], %s::date[], %s::int[])
                as given (id, activity_type, occurred_on, minutes)
            """,
            (
                self.organisation_id,
                self.mentor_id,
                [uuid.uuid4() for _ in activities] if ids is None else list(ids),
                [activity.activity_type for activity in activities],
                [activity.occurred_on for activity in activities],
                [activity.minutes for activity in activities],
            ),
        )

    def add_minutes(self, activity_id: uuid.UUID) -> dict[uuid.UUID, Activity]:
        """The most usual correction, and the only one that takes nothing away."""
        known = self.model.activities[activity_id]
        self.connection.execute(
            "update public.activities set duration_minutes = duration_minutes + 5 where id = %s",
            (activity_id,),
        )
        return {activity_id: replace(known, minutes=known.minutes + 5)}

    def last_entry(self) -> tuple[dict[str, bool], set[str]]:
        row = self.connection.execute(
            "select criteria_outcomes, badges_awarded, error_message from public.badge_evaluation_logs"
            " order by triggered_at desc limit 1"
        ).fetchone()
        assert row is not None
        assert row[2] is None
        return {self.slugs[key]: met for key, met in row[0].items()}, {self.slugs[str(key)] for key in row[1]}

    def awards(self) -> dict[str, date]:
        return {
            self.slugs[str(badge)]: qualified_on
            for badge, qualified_on in self.connection.execute(
                "select badge_definition_id, qualified_on from public.earned_badges"
            )
        }

    def differences(self) -> list[tuple[object, ...]]:
        return self.connection.execute("select * from private.check_badge_rollups()").fetchall()

    def largest_value(self) -> int:
        row = self.connection.execute(
            "select max(value::numeric)"
            " from private.mentor_measures, jsonb_each_text(measures) as known (key, value)"
        ).fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.one_target
@pytest.mark.parametrize(
    ("periods", "order"),
    [
        *(pytest.param(_WEEKS, order, id=f"300 weeks, {order}") for order in _ORDERS),
        *(
            pytest.param(_SOME_WEEKS, order, id=f"weeks with gaps, {order}")
            for order in ("as they happened", "halves that meet")
        ),
        # Long enough for the plain model to be slow: the two orders that join streaks in the most ways.
        *(
            pytest.param(_MONTHS, order, id=f"40 years of months, {order}")
            for order in ("every second, then the gaps", "shuffled")
        ),
    ],
)
def test_decades_agree_with_the_model(database: Database, periods: list[date], order: str) -> None:
    decades = Decades(database, order)
    for number, activities in enumerate(decades.statements(_ORDERS[order](periods, decades.random))):
        new = {uuid.UUID(int=decades.random.getrandbits(128)): activity for activity in activities}
        decades.insert(activities, new)
        evaluation = decades.model.insert(new)[decades.mentor_id]
        assert decades.last_entry() == (evaluation.outcomes, evaluation.awarded), (number, activities)
        if number % 4 == 0:
            corrected = decades.add_minutes(decades.random.choice(list(decades.model.activities)))
            evaluation = decades.model.update(corrected)[decades.mentor_id]
            assert decades.last_entry() == (evaluation.outcomes, evaluation.awarded), (number, corrected)
        if number % 5 == 0:
            assert decades.differences() == [], number

    assert decades.differences() == []
    assert decades.awards() == {slug: award.qualified_on for slug, award in decades.mentor.awards.items()}
    # Both kinds of streak were reached and joined, or agreement means little.
    assert len(decades.mentor.awards) >= 5
    # Whatever was added, nothing outgrows what is asked for.
    assert decades.largest_value() < 100_000


@pytest.mark.one_target
def test_most_single_activities_take_the_short_way(database: Database) -> None:
    """Or the two ways agree because there is only one."""
    decades = Decades(database, "short")
    decades.connection.execute("set track_functions = 'all'")
    for activities in (row for rows in decades.statements(_WEEKS) for row in rows):
        decades.insert([activities])
    decades.connection.execute("select pg_stat_force_next_flush()")
    row = decades.connection.execute(
        "select calls from pg_stat_user_functions where funcname = 'evaluate_activities'"
    ).fetchone()
    assert row is not None
    assert 10 < row[0] < len(_WEEKS) / 2


@pytest.mark.one_target
def test_a_streak_of_two_centuries_takes_no_time(database: Database) -> None:
    """From before there were limits. Compared pair by pair these weeks took more than a minute, each time."""
    decades = Decades(database, "hostile")
    connection = decades.connection
    connection.execute(
        "insert into public.badge_definitions (organisation_id, slug, name, criteria)"
        " values (%s, 'window', 'W', %s)",
        (
            decades.organisation_id,
            Jsonb({"metric": "consecutive_weeks", "at_least": 12, "within_days": 120}),
        ),
    )
    connection.execute("alter table public.activities disable trigger user")
    connection.execute(
        _INSERT + " select %s, %s, 'visit', date '1970-01-01' + 7 * n, 1 from generate_series(1, 11200) as n",
        (decades.organisation_id, decades.mentor_id),
    )
    connection.execute("alter table public.activities enable trigger user")

    # Far more than it takes, far less than it took.
    connection.execute("set statement_timeout = '30s'")
    count = connection.execute(
        "select count(*) from public.preview_badge(%s, %s)",
        (
            decades.organisation_id,
            Jsonb({"metric": "consecutive_weeks", "at_least": 12, "within_days": 120}),
        ),
    ).fetchone()
    assert count == (1,)
    connection.execute("select public.reconcile_badges('-infinity')")
    assert connection.execute("select count(*) from public.earned_badges").fetchone() == (14,)
    claims = '{"role": "service_role"}'
    connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
    progress = connection.execute(
        "select value from public.get_badge_progress(%s) where slug = 'all-weeks'", (decades.mentor_id,)
    ).fetchone()
    assert progress == (11200,)
    decades.insert([Activity(decades.mentor_id, "visit", date(2020, 1, 1), 5)])
    assert decades.differences() == []


@pytest.mark.one_target
def test_what_was_registered_in_one_go_is_compared_in_one(database: Database) -> None:
    """With the entry that names all of it. Looked up one by one these activities took minutes."""
    decades = Decades(database, "bulk")
    decades.insert([Activity(decades.mentor_id, "visit", date(2024, 1, 1), 5)])
    connection = decades.connection
    connection.execute("alter table public.activities disable trigger user")
    connection.execute(
        _INSERT
        + " select %s, %s, 'visit', date '1970-01-01' + n / 8, 1 from generate_series(1, 150000) as n",
        (decades.organisation_id, decades.mentor_id),
    )
    connection.execute("alter table public.activities enable trigger user")
    connection.execute(
        "insert into public.badge_evaluation_logs"
        " (peer_mentor_id, org_id, duration_ms, activity_ids, source)"
        " select mentor_id, organisation_id, 1, array_agg(id), 'activity_insert'"
        " from public.activities group by mentor_id, organisation_id"
    )

    # Far more than it takes, far less than it took.
    connection.execute("set statement_timeout = '30s'")
    connection.execute(
        "select private.reconcile_mentors("
        "array[row(mentor_id, organisation_id, array_agg(id), null)::private.touched_mentor], true, false)"
        " from public.activities group by mentor_id, organisation_id"
    )
    assert decades.differences() == []


@pytest.mark.one_target
def test_a_statement_for_thousands_of_mentors_does_not_compare_each_with_each(database: Database) -> None:
    """With plans that a session keeps from statements of one row. Each with each, these took minutes."""
    decades = Decades(database, "thousands")
    connection = decades.connection
    mentors = connection.execute(
        "insert into public.peer_mentors (organisation_id, display_name)"
        " select %s, 'M' from generate_series(1, 3000) returning id",
        (decades.organisation_id,),
    ).fetchall()
    for week in range(12):
        decades.insert([Activity(decades.mentor_id, "visit", date(2024, 1, 1 + week % 2), 30)])

    # Far more than it takes, far less than it took.
    connection.execute("set statement_timeout = '15s'")
    for day in (date(2024, 1, 1), date(2024, 1, 8), date(2024, 3, 8), date(2024, 2, 1)):
        connection.execute(
            _INSERT + " select %s, mentor_id, 'visit', %s, 30 from unnest(%s::uuid[]) as mentor_id",
            (decades.organisation_id, day, [mentor[0] for mentor in mentors]),
        )
    assert decades.differences() == []


@pytest.mark.one_target
def test_a_reconciliation_locks_nobody_for_whom_it_has_nothing_to_do(database: Database) -> None:
    decades = Decades(database, "locks")
    decades.insert([Activity(decades.mentor_id, "visit", date(2024, 1, 1), 5)])
    night, mentor = database.superuser(), database.superuser()
    with night.transaction():
        night.execute("select public.reconcile_badges('-infinity')")
        mentor.execute("set lock_timeout = '5s'")
        mentor.execute(
            _INSERT + " values (%s, %s, 'visit', '2024-01-02', 5)",
            (decades.organisation_id, decades.mentor_id),
        )
    assert decades.differences() == []


@pytest.mark.one_target
@pytest.mark.parametrize("level", ["read committed", "repeatable read"])
def test_two_sessions_at_once_do_not_fill_a_day_twice(database: Database, level: str) -> None:
    decades = Decades(database, "day")
    decades.insert([Activity(decades.mentor_id, "visit", date(2024, 1, 1), 440)])
    first, second = database.superuser(), database.superuser()
    statement = _INSERT + " select %s, %s, %s, '2024-01-01', 300 from generate_series(1, %s)"
    for rows in (1, 2):
        decades.connection.execute("delete from public.activities where activity_type <> 'visit'")
        for session in (first, second):
            session.execute(f"set default_transaction_isolation = '{level}'".encode())
            session.execute("set statement_timeout = '60s'")
        first.execute("begin")
        second.execute("begin")
        # The snapshot is taken before the first one commits.
        second.execute("select count(*) from public.activities")
        first.execute(statement, (decades.organisation_id, decades.mentor_id, "phone", 2 if rows == 2 else 1))
        if rows == 1:
            first.execute(statement, (decades.organisation_id, decades.mentor_id, "phone", 1))
        first.execute("commit")
        refused = (
            psycopg.errors.InvalidParameterValue
            if level == "read committed"
            else psycopg.errors.SerializationFailure
        )
        with pytest.raises(refused):
            second.execute(statement, (decades.organisation_id, decades.mentor_id, "video", 2))
        second.execute("rollback")
    assert decades.differences() == []
