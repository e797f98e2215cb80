"""What explain_badge says, over generated histories, against the plain model: values, and the smallest step."""

import random
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from badge_model import Activity, Award, Mentor, Model, Organisation, activity_proof, leaves, tenure_proof
from conftest import Database
from psycopg.types.json import Jsonb
from test_badge_model import _MODES, _TYPES, History

_SEEDS = (11, 12)
_STATEMENTS = 40
_EXPLAINED = 70


@dataclass(frozen=True)
class Case:
    history: History
    mentor: uuid.UUID
    number: int
    slug: str

    @property
    def badge(self) -> uuid.UUID:
        return self.history.badge_ids[self.number, self.slug]

    def activities(self) -> list[Activity]:
        known = self.history.model.activities.values()
        return [one for one in known if one.mentor == self.mentor and not one.is_voided]

    def earns(self, extra: Iterable[Activity], today: date) -> bool:
        """Would the mentor be awarded the badge, with these activities more and on that day?"""
        known = self.history.model.mentors[self.mentor]
        held = {slug: Award(one.qualified_on, {}, one.is_revoked) for slug, one in known.awards.items()}
        mentor = Mentor(Organisation(known.organisation.badges), known.created_on, held)
        model = Model({self.mentor: mentor}, lambda _: today)
        return self.slug in model._evaluate(mentor, [*self.activities(), *extra]).awarded


def explained(case: Case) -> dict[str, Any]:
    row = case.history.connection.execute(
        "select public.explain_badge(%s, %s)", (case.mentor, case.badge)
    ).fetchone()
    assert row is not None
    found: dict[str, Any] = row[0]
    return found


def done(case: Case, entries: Iterable[dict[str, Any]]) -> list[Activity]:
    return [
        Activity(
            case.mentor,
            entry["activity_type"],
            date.fromisoformat(entry["occurred_on"]),
            entry["duration_minutes"],
            entry["participant_count"],
            entry["delivery_mode"],
        )
        for entry in entries
        for _ in range(entry["times"])
    ]


def smaller(entries: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Each entry once fewer, a minute shorter, with a participant less."""
    for place, entry in enumerate(entries):
        for name in ("times", "duration_minutes", "participant_count"):
            if entry[name] > (0 if name == "times" else 1):
                yield [*entries[:place], entry | {name: entry[name] - 1}, *entries[place + 1 :]]


def everything(case: Case, first_day: date) -> list[Activity]:
    """More than any threshold of the generator asks for, of every type and mode, day after day."""
    return [
        Activity(case.mentor, kind, first_day + timedelta(days=day), 100, 50, mode)
        for day in range(160)
        for kind in _TYPES
        for mode in _MODES
    ]


@pytest.mark.one_target
@pytest.mark.parametrize("seed", _SEEDS)
def test_the_smallest_step_earns_the_badge_and_anything_smaller_does_not(
    database: Database, seed: int
) -> None:
    history = History(database.superuser(), seed)
    for _ in range(_STATEMENTS):
        history.next_statement()
    cases = [
        Case(history, mentor, number, slug)
        for number, group in enumerate(history.mentors_of)
        for mentor in group
        for slug in history.organisations[number].badges
    ]
    # Badges are evaluated when something is written: whoever was changed last by a deletion waits for it.
    for mentor in history.model.mentors:
        history.as_service_role("select public.evaluate_badges(%s)", mentor)
        history.model.evaluate([mentor])
    steps = nothing = entries_seen = 0
    for case in random.Random(seed).sample(cases, _EXPLAINED):
        answer = explained(case)
        where = f"{case.slug} {answer['smallest_step']}\n{history.explain(case.mentor)}"
        today = date.fromisoformat(answer["as_of"])
        zone = ZoneInfo(history.zone_of[case.mentor])
        assert today == history.connection.execute("select now()").fetchall()[0][0].astimezone(zone).date()
        award = history.model.mentors[case.mentor].awards.get(case.slug)
        assert answer["is_earned"] == (award is not None and not award.is_revoked), where
        assert answer["is_revoked"] == (award is not None and award.is_revoked), where
        check_leaves(case, answer, today, where)

        step = answer["smallest_step"]
        if award is not None:
            assert step is None, where
        elif step is None:
            nothing += 1
            assert not case.earns(everything(case, today), today + timedelta(days=5000)), where
        else:
            steps += 1
            entries_seen += len(step["entries"])
            done_on = date.fromisoformat(step["done_on"])
            assert all(today <= date.fromisoformat(one["occurred_on"]) <= done_on for one in step["entries"])
            assert case.earns(done(case, step["entries"]), done_on), where
            assert fits_into_the_days([*case.activities(), *done(case, step["entries"])], today), where
            for less in smaller(step["entries"]):
                assert not case.earns(done(case, less), done_on), f"{less}\n{where}"
            last = max((one["occurred_on"] for one in step["entries"]), default=today.isoformat())
            if step["done_on"] > last:
                assert not case.earns(done(case, step["entries"]), done_on - timedelta(days=1)), where
            simulated_as_explained(case, step, done_on, where)
    assert steps > 15
    assert nothing > 0
    assert entries_seen > steps


def fits_into_the_days(activities: Iterable[Activity], first_day: date) -> bool:
    """A mentor's day with more than 24 hours is refused."""
    minutes = Counter[date]()
    for one in activities:
        minutes[one.occurred_on] += one.minutes
    return all(total <= 1440 for day, total in minutes.items() if day >= first_day)


def check_leaves(case: Case, answer: dict[str, Any], today: date, where: str) -> None:
    mentor = case.history.model.mentors[case.mentor]
    wanted = dict(leaves(mentor.organisation.badges[case.slug]))
    assert [leaf["path"] for leaf in answer["leaves"]] == sorted(wanted)
    mine = [one for one in case.history.model.activities.values() if one.mentor == case.mentor]
    for found in answer["leaves"]:
        leaf = wanted[found["path"]]
        if leaf["metric"] == "badge_earned":
            continue
        proof = (
            tenure_proof(leaf, mentor.created_on, today)
            if leaf["metric"] == "tenure_days"
            else activity_proof(leaf, case.activities())
        )
        assert (found["value"], found["is_met"]) == (proof.value, proof.met_on is not None), where
        assert found["missing"] == max(0, leaf["at_least"] - proof.value), where
        if leaf["metric"] != "tenure_days":
            told = found["counts"]["activities"] + sum(one["activities"] for one in found["does_not_count"])
            assert told == len(mine), where
            if leaf["metric"] == "activity_count":
                assert found["counts"]["activities"] == proof.value, where


def simulated_as_explained(case: Case, step: dict[str, Any], done_on: date, where: str) -> None:
    """The same through the other door, where a wait for tenure is not asked about."""
    last = max((one["occurred_on"] for one in step["entries"]), default=None)
    if last != done_on.isoformat() or sum(one["times"] for one in step["entries"]) > 500:
        return
    entries = [
        {name: value for name, value in one.items() if name != "times"}
        for one in step["entries"]
        for _ in range(one["times"])
    ]
    found = case.history.connection.execute(
        "select badge_definition_id from public.simulate_activities(%s, %s)", (case.mentor, Jsonb(entries))
    ).fetchall()
    assert case.badge in [row[0] for row in found], where
