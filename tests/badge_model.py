"""What the contract says about badges, in plain Python: slow, simple and written without the SQL in view.

Every metric is existential in time: a leaf's value is the greatest that it had on any day, and it was
met on the first day that reached the threshold.
"""

import json
import uuid
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

Criteria = dict[str, Any]
Leaf = dict[str, Any]


@dataclass(frozen=True)
class Activity:
    mentor: uuid.UUID
    activity_type: str
    occurred_on: date
    minutes: int
    participants: int = 1
    delivery_mode: str = "in_person"
    is_voided: bool = False


class Proof(NamedTuple):
    value: int
    met_on: date | None


@dataclass
class Award:
    qualified_on: date
    evidence: dict[str, Proof]
    is_revoked: bool = False


@dataclass
class Organisation:
    badges: dict[str, Criteria]
    """Active badges by slug."""


@dataclass
class Mentor:
    organisation: Organisation
    created_on: date
    """In the organisation's time zone."""
    awards: dict[str, Award] = field(default_factory=dict)


class Evaluation(NamedTuple):
    outcomes: dict[str, bool]
    awarded: set[str]


class Model:
    """Is told every statement; keeps what the mentors hold and what each statement evaluated."""

    def __init__(self, mentors: dict[uuid.UUID, Mentor], today: Callable[[Mentor], date]) -> None:
        self.mentors = mentors
        self.activities: dict[uuid.UUID, Activity] = {}
        self._today = today

    def insert(self, rows: dict[uuid.UUID, Activity]) -> dict[uuid.UUID, Evaluation]:
        """An id that is there already changes nothing."""
        new = {key: row for key, row in rows.items() if key not in self.activities}
        self.activities.update(new)
        return self.evaluate(row.mentor for row in new.values())

    def update(self, rows: dict[uuid.UUID, Activity]) -> dict[uuid.UUID, Evaluation]:
        changed = {key: row for key, row in rows.items() if self.activities[key] != row}
        touched = [self.activities[key].mentor for key in changed]
        self.activities.update(changed)
        return self.evaluate([*touched, *(row.mentor for row in changed.values())])

    def is_possible(self, rows: dict[uuid.UUID, Activity]) -> bool:
        """No day of a mentor that grows may be longer than a day; one that was before may shrink."""

        def minutes(activities: Iterable[Activity]) -> Counter[tuple[uuid.UUID, date]]:
            days: Counter[tuple[uuid.UUID, date]] = Counter()
            for activity in activities:
                if not activity.is_voided:
                    days[activity.mentor, activity.occurred_on] += activity.minutes
            return days

        before, after = minutes(self.activities.values()), minutes({**self.activities, **rows}.values())
        return all(total <= 24 * 60 or total <= before[day] for day, total in after.items())

    def delete(self, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Evaluation]:
        """Takes something away, so there is nothing to evaluate."""
        for key in ids:
            del self.activities[key]
        return {}

    def evaluate(self, mentors: Iterable[uuid.UUID]) -> dict[uuid.UUID, Evaluation]:
        touched = set(mentors)
        counted: dict[uuid.UUID, list[Activity]] = {mentor: [] for mentor in touched}
        for activity in self.activities.values():
            if activity.mentor in touched and not activity.is_voided:
                counted[activity.mentor].append(activity)
        return {mentor: self._evaluate(self.mentors[mentor], counted[mentor]) for mentor in touched}

    def _evaluate(self, mentor: Mentor, activities: list[Activity]) -> Evaluation:
        """Awards in rounds: each sees the badges of the rounds before it."""
        awarded: set[str] = set()
        proofs: dict[str, Proof] = {}

        def proof(leaf: Leaf) -> Proof:
            key = json.dumps(leaf, sort_keys=True)
            if leaf["metric"] == "badge_earned":
                award = mentor.awards.get(leaf["badge"])
                is_held = award is not None and not award.is_revoked
                return Proof(int(is_held), award.qualified_on if award and is_held else None)
            if key not in proofs:
                if leaf["metric"] == "tenure_days":
                    proofs[key] = tenure_proof(leaf, mentor.created_on, self._today(mentor))
                else:
                    proofs[key] = activity_proof(leaf, activities)
            return proofs[key]

        while True:
            met_on = {
                slug: criteria_met_on(criteria, proof)
                for slug, criteria in mentor.organisation.badges.items()
            }
            due = {
                slug: Award(
                    day, {path: proof(leaf) for path, leaf in leaves(mentor.organisation.badges[slug])}
                )
                for slug, day in met_on.items()
                if day is not None and slug not in mentor.awards
            }
            if not due:
                return Evaluation({slug: day is not None for slug, day in met_on.items()}, awarded)
            mentor.awards.update(due)
            awarded.update(due)


def criteria_met_on(node: Criteria, proof: Callable[[Leaf], Proof]) -> date | None:
    if "all" in node:
        dates = [criteria_met_on(child, proof) for child in node["all"]]
        return None if None in dates else max(day for day in dates if day is not None)
    if "any" in node:
        days = [day for child in node["any"] if (day := criteria_met_on(child, proof)) is not None]
        return min(days, default=None)
    return proof(node).met_on


def leaves(node: Criteria, path: str = "$") -> Iterator[tuple[str, Leaf]]:
    for key in ("all", "any"):
        for index, child in enumerate(node.get(key, ())):
            yield from leaves(child, f"{path}.{key}[{index}]")
    if "metric" in node:
        yield path, node


def tenure_proof(leaf: Leaf, created_on: date, today: date) -> Proof:
    days = (today - created_on).days
    is_met = days >= leaf["at_least"]
    return Proof(days, created_on + timedelta(days=leaf["at_least"]) if is_met else None)


def activity_proof(leaf: Leaf, activities: Iterable[Activity]) -> Proof:
    matching = [activity for activity in activities if _matches(leaf, activity)]
    days = sorted({activity.occurred_on for activity in matching})

    def value_on(day: date) -> int:
        seen = [activity for activity in matching if activity.occurred_on <= day]
        if "within_days" in leaf:
            oldest = day - timedelta(days=leaf["within_days"] - 1)
            seen = [activity for activity in seen if activity.occurred_on >= oldest]
        return METRICS[leaf["metric"]](seen)

    # Between two activities nothing is added, so the greatest values are on days with one.
    if "within_days" in leaf:
        values = [value_on(day) for day in days]
        reached = [day for day, value in zip(days, values, strict=True) if value >= leaf["at_least"]]
        return Proof(max(values, default=0), min(reached, default=None))
    # Without a window more and more is seen: the last day has the greatest value.
    first = bisect_left(days, leaf["at_least"], key=value_on)
    return Proof(value_on(days[-1]) if days else 0, days[first] if first < len(days) else None)


def _matches(leaf: Leaf, activity: Activity) -> bool:
    day = activity.occurred_on
    return (
        ("activity_types" not in leaf or activity.activity_type in leaf["activity_types"])
        and ("delivery_modes" not in leaf or activity.delivery_mode in leaf["delivery_modes"])
        and ("from" not in leaf or day >= date.fromisoformat(leaf["from"]))
        and ("to" not in leaf or day <= date.fromisoformat(leaf["to"]))
    )


def _longest_run(days: set[date], start: Callable[[date], date], following: Callable[[date], date]) -> int:
    longest, run, expected = 0, 0, None
    for period in sorted({start(day) for day in days}):
        run = run + 1 if period == expected else 1
        longest = max(longest, run)
        expected = following(period)
    return longest


def _monday(day: date) -> date:
    calendar = day.isocalendar()
    return date.fromisocalendar(calendar.year, calendar.week, 1)


def _next_monday(monday: date) -> date:
    return monday + timedelta(days=7)


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _next_month(first: date) -> date:
    return _first_of_month(first + timedelta(days=31))


# What is counted among the activities of a leaf. Beside these there are tenure_days and badge_earned.
METRICS: dict[str, Callable[[list[Activity]], int]] = {
    "activity_count": len,
    "minutes_total": lambda seen: sum(activity.minutes for activity in seen),
    "participants_total": lambda seen: sum(activity.participants for activity in seen),
    "distinct_days": lambda seen: len({activity.occurred_on for activity in seen}),
    "distinct_activity_types": lambda seen: len({activity.activity_type for activity in seen}),
    "consecutive_weeks": lambda seen: _longest_run(
        {activity.occurred_on for activity in seen}, _monday, _next_monday
    ),
    "consecutive_months": lambda seen: _longest_run(
        {activity.occurred_on for activity in seen}, _first_of_month, _next_month
    ),
}
