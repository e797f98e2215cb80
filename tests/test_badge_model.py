"""Generated histories: after every statement the database holds what the plain model holds."""

import json
import random
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
import pytest
from badge_model import (
    METRICS,
    Activity,
    Criteria,
    Evaluation,
    Mentor,
    Model,
    Organisation,
    Proof,
    leaves,
)
from conftest import Database
from psycopg.types.json import Jsonb

_SEEDS = (1, 2, 3, 4)
_STATEMENTS = 100
_BADGES = 12
_TYPES = ("conversation", "visit", "course", "phone")
_MODES = ("in_person", "video", "phone")
_ZONES = ("Europe/Oslo", "Pacific/Kiritimati", "America/Los_Angeles")
_MENTORS_EACH = 20
_METRICS = METRICS.keys() | {"tenure_days", "badge_earned"}
# The highest threshold that is asked for: some mentors reach it, some do not.
_HIGHEST = {
    "activity_count": 12,
    "minutes_total": 900,
    "participants_total": 40,
    "distinct_days": 9,
    "distinct_activity_types": 4,
    "consecutive_weeks": 5,
    "consecutive_months": 4,
}

# Around the places where calendars go wrong: ISO week 53, year ends, leap days, daylight saving.
_CENTRES = tuple(
    date.fromisoformat(day)
    for day in ("2015-12-31", "2020-12-31", "2024-02-29", "2024-12-30", "2026-01-01", "2026-03-29")
)


class Found(NamedTuple):
    awards: dict[tuple[uuid.UUID, uuid.UUID], tuple[date, bool, dict[str, Proof]]]
    logged: dict[uuid.UUID, Evaluation]


class History:
    """One database and its model, both told the same statements."""

    def __init__(self, connection: psycopg.Connection, seed: int) -> None:
        self.random = random.Random(seed)
        self.refused = 0
        self.connection = connection
        self.badge_ids: dict[tuple[int, str], uuid.UUID] = {}
        self.organisations: list[Organisation] = []
        self.organisation_ids: list[uuid.UUID] = []
        self.mentors_of: list[list[uuid.UUID]] = []
        mentors: dict[uuid.UUID, Mentor] = {}
        self.zone_of: dict[uuid.UUID, str] = {}
        for number, zone in enumerate(_ZONES):
            organisation_id = self.new_id()
            connection.execute(
                "insert into public.organisations (id, slug, name, time_zone) values (%s, %s, 'X', %s)",
                (organisation_id, f"org-{number}", zone),
            )
            organisation = Organisation({})
            self.organisation_ids.append(organisation_id)
            self.organisations.append(organisation)
            self.mentors_of.append([])
            for _ in range(_BADGES):
                self.define_badge(number)
            for _ in range(_MENTORS_EACH):
                mentor_id = self.new_id()
                created_at = datetime.now(ZoneInfo("UTC")) - timedelta(
                    days=self.random.choice((0, 1, 2, 30, 365, 3650)), hours=self.random.randrange(24)
                )
                connection.execute(
                    "insert into public.peer_mentors (id, organisation_id, display_name, created_at)"
                    " values (%s, %s, 'M', %s)",
                    (mentor_id, organisation_id, created_at),
                )
                mentors[mentor_id] = Mentor(organisation, created_at.astimezone(ZoneInfo(zone)).date())
                self.mentors_of[number].append(mentor_id)
                self.zone_of[mentor_id] = zone
        zones = {id(mentor): ZoneInfo(self.zone_of[key]) for key, mentor in mentors.items()}
        self.model = Model(mentors, lambda mentor: self.now.astimezone(zones[id(mentor)]).date())
        self.now = datetime.now(UTC)
        """The statement's, so that midnight does not come between it and the model."""

    def new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.random.getrandbits(128), version=4)

    # What is generated

    def define_badge(self, number: int) -> None:
        badges = self.organisations[number].badges
        slug = f"badge-{len(badges)}"
        criteria = self.any_criteria(list(badges))
        badge_id = self.new_id()
        self.connection.execute(
            "insert into public.badge_definitions (id, organisation_id, slug, name, criteria)"
            " values (%s, %s, %s, 'B', %s)",
            (badge_id, self.organisation_ids[number], slug, Jsonb(criteria)),
        )
        badges[slug] = criteria
        self.badge_ids[number, slug] = badge_id

    def any_criteria(self, earlier_badges: list[str], depth: int = 0) -> Criteria:
        if depth < 3 and self.random.random() < (0.55, 0.3, 0.15)[depth]:
            children = self.random.randint(1, 3)
            key = self.random.choice(("all", "any"))
            return {key: [self.any_criteria(earlier_badges, depth + 1) for _ in range(children)]}
        return self.any_leaf(earlier_badges)

    def any_leaf(self, earlier_badges: list[str]) -> Criteria:
        if earlier_badges and self.random.random() < 0.2:
            return {"metric": "badge_earned", "badge": self.random.choice(earlier_badges), "at_least": 1}
        if self.random.random() < 0.1:
            return {"metric": "tenure_days", "at_least": self.random.choice((1, 2, 29, 30, 31, 365, 4000))}
        metric, most = self.random.choice(tuple(_HIGHEST.items()))
        leaf: Criteria = {"metric": metric, "at_least": self.random.randint(1, most)}
        if self.random.random() < 0.3:
            leaf["activity_types"] = self.random.sample(_TYPES, self.random.randint(1, 3))
        if self.random.random() < 0.2:
            leaf["delivery_modes"] = self.random.sample(_MODES, self.random.randint(1, 2))
        if self.random.random() < 0.45:
            leaf["within_days"] = self.random.choice((1, 2, 6, 7, 8, 14, 15, 28, 29, 31, 60, 92, 366, 3000))
        if self.random.random() < 0.2:
            leaf["from"] = self.any_day().isoformat()
        if self.random.random() < 0.2:
            leaf["to"] = max(self.any_day().isoformat(), leaf.get("from", ""))
        return leaf

    def any_day(self) -> date:
        centre = self.random.choice(_CENTRES)
        step = self.random.choice((1, 1, 7, 30))
        return centre + timedelta(days=step * self.random.randint(-4, 4) + self.random.randint(-1, 1))

    def any_activity(self, mentor: uuid.UUID) -> Activity:
        return Activity(
            mentor,
            self.random.choice(_TYPES),
            self.any_day(),
            self.random.choice((1, 15, 45, 60, 120, 1440 if self.random.random() < 0.1 else 30)),
            self.random.choice((1, 1, 1, 2, 8)),
            self.random.choice(_MODES),
            self.random.random() < 0.07,
        )

    def edited(self, activity: Activity) -> Activity:
        colleagues = next(group for group in self.mentors_of if activity.mentor in group)
        other = self.any_activity(self.random.choice(colleagues))
        fields = (
            "minutes",
            "activity_type",
            "occurred_on",
            "delivery_mode",
            "mentor",
            "participants",
            "is_voided",
        )
        for name in self.random.sample(fields, self.random.choice((0, 1, 1, 1, 2))):
            new: Any = not activity.is_voided if name == "is_voided" else getattr(other, name)
            changes: dict[str, Any] = {name: new}
            activity = replace(activity, **changes)
        return activity

    def some_activities(self) -> list[uuid.UUID]:
        known = list(self.model.activities)
        return self.random.sample(known, min(len(known), self.random.choice((1, 2, 10))))

    # The statements

    def next_statement(self) -> tuple[str, dict[uuid.UUID, Evaluation]]:
        with self.connection.transaction():
            self.now = fetch_one(self.connection, "select now()")
            return self._next_statement()

    def _next_statement(self) -> tuple[str, dict[uuid.UUID, Evaluation]]:
        kinds: tuple[tuple[Callable[[], dict[uuid.UUID, Evaluation]], int], ...] = (
            (self.insert_one, 4),
            (self.insert_many, 6),
            (self.update_some, 7),
            (self.delete_some, 2),
            (self.revoke_one, 2),
            (self.reinstate_one, 1),
            (self.evaluate_one, 1),
            (self.change_criteria, 1),
        )
        (statement,) = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])
        return statement.__name__, statement()

    def insert_one(self) -> dict[uuid.UUID, Evaluation]:
        return self.insert({self.new_id(): self.any_activity(self.random.choice(list(self.model.mentors)))})

    def insert_many(self) -> dict[uuid.UUID, Evaluation]:
        count = self.random.choice((3, 20, 80))
        mentors = self.random.sample(list(self.model.mentors), self.random.choice((1, 5, 30)))
        rows = {self.new_id(): self.any_activity(self.random.choice(mentors)) for _ in range(count)}
        if self.model.activities and self.random.random() < 0.3:  # sent again, with other content
            known = self.random.choice(list(self.model.activities))
            rows[known] = self.edited(self.model.activities[known])
        return self.insert(rows)

    def insert(self, rows: dict[uuid.UUID, Activity]) -> dict[uuid.UUID, Evaluation]:
        new = {key: row for key, row in rows.items() if key not in self.model.activities}
        is_accepted = self.is_accepted(
            """
            insert into public.activities (
                id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on,
                duration_minutes, participant_count, delivery_mode, voided_at
            )
            select
                given.id, mentor.organisation_id, mentor.id, given.coordinator, given.activity_type,
                given.occurred_on, given.minutes, given.participants, given.delivery_mode,
                case when given.is_voided then now() end
            from jsonb_to_recordset(%s) as given (
                id uuid, mentor uuid, coordinator uuid, activity_type text, occurred_on date, minutes int,
                participants int, delivery_mode text, is_voided boolean
            )
            inner join public.peer_mentors as mentor on mentor.id = given.mentor
            on conflict (id) do nothing
            """,
            rows,
        )
        assert is_accepted is self.model.is_possible(new)
        return self.model.insert(new) if is_accepted else {}

    def is_accepted(self, query: str, rows: dict[uuid.UUID, Activity]) -> bool:
        column = None
        try:
            with self.connection.transaction():
                self.connection.execute(query.encode(), (self.as_json(rows),))
        except psycopg.errors.InvalidParameterValue as refused:
            column = refused.diag.message_detail
            self.refused += 1
        assert column in (None, "duration_minutes")
        return column is None

    def update_some(self) -> dict[uuid.UUID, Evaluation]:
        rows = {key: self.edited(self.model.activities[key]) for key in self.some_activities()}
        is_accepted = self.is_accepted(
            """
            update public.activities as activity
            set mentor_id = given.mentor, activity_type = given.activity_type,
                occurred_on = given.occurred_on, duration_minutes = given.minutes,
                participant_count = given.participants, delivery_mode = given.delivery_mode,
                voided_at = case when given.is_voided then now() end
            from jsonb_to_recordset(%s) as given (
                id uuid, mentor uuid, activity_type text, occurred_on date, minutes int,
                participants int, delivery_mode text, is_voided boolean
            )
            where activity.id = given.id
            """,
            rows,
        )
        assert is_accepted is self.model.is_possible(rows)
        return self.model.update(rows) if is_accepted else {}

    def as_json(self, rows: dict[uuid.UUID, Activity]) -> Jsonb:
        return Jsonb(
            [
                {key: value if isinstance(value, int) else str(value) for key, value in vars(row).items()}
                | {"id": str(id_), "coordinator": str(id_) if self.random.random() < 0.3 else None}
                for id_, row in rows.items()
            ]
        )

    def delete_some(self) -> dict[uuid.UUID, Evaluation]:
        ids = self.some_activities()
        self.connection.execute("delete from public.activities where id = any (%s)", (ids,))
        return self.model.delete(ids)

    def revoke_one(self) -> dict[uuid.UUID, Evaluation]:
        return self.turn_award("select public.revoke_badge(%s, %s, 'test')", revoke=True)

    def reinstate_one(self) -> dict[uuid.UUID, Evaluation]:
        return self.turn_award("select public.reinstate_badge(%s, %s, 'test')", revoke=False)

    def turn_award(self, call: str, *, revoke: bool) -> dict[uuid.UUID, Evaluation]:
        candidates = [
            (key, slug)
            for key, mentor in self.model.mentors.items()
            for slug, award in mentor.awards.items()
            if award.is_revoked is not revoke
        ]
        if candidates:
            mentor, slug = self.random.choice(candidates)
            number = next(n for n, group in enumerate(self.mentors_of) if mentor in group)
            self.as_service_role(call, mentor, self.badge_ids[number, slug])
            self.model.mentors[mentor].awards[slug].is_revoked = revoke
        return {}

    def evaluate_one(self) -> dict[uuid.UUID, Evaluation]:
        mentor = self.random.choice(list(self.model.mentors))
        self.as_service_role("select public.evaluate_badges(%s)", mentor)
        return self.model.evaluate([mentor])

    def as_service_role(self, call: str, *arguments: uuid.UUID) -> None:
        with self.connection.transaction():
            self.connection.execute("set local role service_role")
            self.connection.execute(
                "select set_config('request.jwt.claims', '{\"role\": \"service_role\"}', true)"
            )
            self.connection.execute(call.encode(), arguments)

    def change_criteria(self) -> dict[uuid.UUID, Evaluation]:
        number = self.random.randrange(len(_ZONES))
        badges = self.organisations[number].badges
        position = self.random.randrange(_BADGES)
        slug = f"badge-{position}"
        badges[slug] = self.any_criteria([f"badge-{earlier}" for earlier in range(position)])
        self.connection.execute(
            "update public.badge_definitions set criteria = %s where id = %s",
            (Jsonb(badges[slug]), self.badge_ids[number, slug]),
        )
        return {}

    # The comparison

    def expected(self, evaluated: dict[uuid.UUID, Evaluation]) -> Found:
        awards: dict[tuple[uuid.UUID, uuid.UUID], tuple[date, bool, dict[str, Proof]]] = {}
        logged: dict[uuid.UUID, Evaluation] = {}
        for number, group in enumerate(self.mentors_of):
            for key in group:
                for slug, award in self.model.mentors[key].awards.items():
                    badge_id = self.badge_ids[number, slug]
                    awards[key, badge_id] = (award.qualified_on, award.is_revoked, award.evidence)
                if key in evaluated:
                    outcomes, awarded = evaluated[key]
                    logged[key] = Evaluation(
                        {str(self.badge_ids[number, slug]): met for slug, met in outcomes.items()},
                        {str(self.badge_ids[number, slug]) for slug in awarded},
                    )
        return Found(awards, logged)

    def found(self) -> Found:
        awards = {
            (mentor, badge): (qualified_on, is_revoked, as_proofs(evidence))
            for mentor, badge, qualified_on, is_revoked, evidence in self.connection.execute(
                "select mentor_id, badge_definition_id, qualified_on, revoked_at is not null, evidence"
                " from public.earned_badges"
            )
        }
        rows = self.connection.execute(
            "select peer_mentor_id, criteria_outcomes, badges_awarded, error_message"
            " from public.badge_evaluation_logs where triggered_at >= %s",
            (self.now,),
        ).fetchall()
        assert [row for row in rows if row[3] is not None] == []
        logged = {row[0]: Evaluation(row[1], {str(badge) for badge in row[2]}) for row in rows}
        assert len(logged) == len(rows), "a mentor has more than one log row for one statement"
        return Found(awards, logged)

    def explain(self, key: uuid.UUID) -> str:
        """Everything needed to see the case by itself."""
        number = next(n for n, group in enumerate(self.mentors_of) if key in group)
        lines = [f"mentor {key} created on {self.model.mentors[key].created_on}"]
        lines += [
            f"{self.badge_ids[number, slug]} {slug} {json.dumps(criteria)}"
            for slug, criteria in self.organisations[number].badges.items()
        ]
        lines += [str(row) for row in self.model.activities.values() if row.mentor == key]
        return "\n".join(lines)


def as_proofs(evidence: Iterable[dict[str, Any]]) -> dict[str, Proof]:
    return {
        entry["path"]: Proof(entry["value"], entry["met_on"] and date.fromisoformat(entry["met_on"]))
        for entry in evidence
        if "path" in entry  # a reinstatement is evidence too
    }


@pytest.mark.one_target
def test_the_model_has_each_metric_that_criteria_may_have(database: Database) -> None:
    with pytest.raises(psycopg.Error, match="is not a metric") as refused:
        database.superuser().execute("""select private.check_criteria('{"metric": "?"}')""")
    known = str(refused.value.diag.message_primary).partition("known are ")[2].rstrip(".")
    assert set(known.split(", ")) == _METRICS
    assert _HIGHEST.keys() == METRICS.keys()


@pytest.mark.one_target
@pytest.mark.parametrize("seed", _SEEDS)
def test_generated_histories_agree_with_the_model(database: Database, seed: int) -> None:
    history = History(database.superuser(), seed)

    for step in range(_STATEMENTS):
        name, evaluated = history.next_statement()
        expected, found = history.expected(evaluated), history.found()

        where = f"seed {seed}, statement {step}: {name}"
        for key in expected.awards.keys() | found.awards.keys():
            assert found.awards.get(key) == expected.awards.get(key), (
                f"{where}: award of badge {key[1]}\n{history.explain(key[0])}"
            )
        for mentor in expected.logged.keys() | found.logged.keys():
            assert found.logged.get(mentor) == expected.logged.get(mentor), (
                f"{where}: log row\n{history.explain(mentor)}"
            )
        differences = history.connection.execute("select * from private.check_badge_rollups()").fetchall()
        assert differences == [], where

    # The generator has to reach both sides of every metric, or agreement means little.
    assert history.refused > 0
    held = [award for mentor in history.model.mentors.values() for award in mentor.awards.values()]
    assert len(held) > _MENTORS_EACH * len(_ZONES)
    asked = {
        leaf["metric"]
        for organisation in history.organisations
        for criteria in organisation.badges.values()
        for _, leaf in leaves(criteria)
    }
    assert asked == _METRICS


def fetch_one(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
