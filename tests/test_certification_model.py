"""Generated timelines: after every run the database holds what a plain model holds."""

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from conftest import Database

_ZONES = ("Europe/Oslo", "Pacific/Kiritimati", "America/Los_Angeles")
_MENTORS = 1000
_STEPS = 45
_DEFAULT_THRESHOLDS = (30, 14, 7)

# What a run does for a date goes by that date; what an RPC does goes by the clock. All dates lie ahead of
# the clock, so that both agree on what is valid. A leap day, both clock changes in Oslo, a year's end.
_CENTRES = tuple(date.fromisoformat(day) for day in ("2076-02-29", "2077-03-28", "2077-10-31", "2079-12-31"))


@dataclass
class Organisation:
    zone: str
    thresholds: tuple[int, ...] = _DEFAULT_THRESHOLDS
    reminds: bool = True


@dataclass
class Mentor:
    organisation: Organisation
    can_be_told: bool
    status: str = "active"
    expiries: list[date] = field(default_factory=list)
    sent: set[tuple[int, date]] = field(default_factory=set)
    """(threshold, expiry)"""

    def due(self, today: date) -> tuple[str, int | None] | None:
        """What a run of that day does for the mentor: a pure function of what is known."""
        if self.status != "active" or not self.expiries:
            return None
        governing = max(self.expiries)
        if governing < today:
            return "status_transitioned", None
        left = (governing - today).days
        reached = [days for days in self.organisation.thresholds if days >= left]
        if not self.organisation.reminds or not reached:
            return None
        tightest = min(reached)
        if any(expiry == governing and days <= tightest for days, expiry in self.sent):
            return None
        return ("reminder_dispatched" if self.can_be_told else "reminder_failed"), tightest

    def run(self, today: date) -> tuple[str, int | None] | None:
        event = self.due(today)
        if event and event[0] == "status_transitioned":
            self.status = "expired_cert"
        if event and event[0] == "reminder_dispatched":
            assert event[1] is not None
            self.sent.add((event[1], max(self.expiries)))
        return event


class Timelines:
    """Many mentors in one database and their models, all told the same."""

    def __init__(self, connection: psycopg.Connection, seed: int, centre: date) -> None:
        self.random = random.Random(seed)
        self.connection = connection
        self.today = centre - timedelta(days=30)
        self.organisations: dict[uuid.UUID, Organisation] = {}
        self.mentors: dict[uuid.UUID, Mentor] = {}
        self.transitions: Counter[uuid.UUID] = Counter()
        for zone in _ZONES:
            key = self.new_id()
            connection.execute(
                "insert into public.organisations (id, slug, name, time_zone) values (%s, %s, 'X', %s)",
                (key, f"o{key.hex}", zone),
            )
            self.organisations[key] = Organisation(zone)
        keys = list(self.organisations)
        rows: list[tuple[uuid.UUID, uuid.UUID, str | None]] = []
        for number in range(_MENTORS):
            key, organisation = self.new_id(), keys[number % len(keys)]
            can_be_told = self.random.random() < 0.95
            self.mentors[key] = Mentor(self.organisations[organisation], can_be_told)
            rows.append((key, organisation, "m@example.org" if can_be_told else None))
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into public.peer_mentors (id, organisation_id, display_name, email)"
                " values (%s, %s, 'M', %s)",
                rows,
            )
        # From none to three each, most of them near.
        self.add_certificates(
            [key for key in self.mentors for _ in range(self.random.choice((0, 1, 1, 1, 2, 3)))]
        )

    def new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.random.getrandbits(128), version=4)

    def any_expiry(self) -> date:
        return self.today + timedelta(
            days=self.random.choice((-400, -1, 0, 1, 7, 14, 30, 31, 45, 60, 365, 730))
        )

    def some(self, share: float) -> list[uuid.UUID]:
        return [key for key in self.mentors if self.random.random() < share]

    def add_certificates(self, keys: list[uuid.UUID]) -> None:
        """By the service role, as when files are loaded: brings nobody back."""
        given = [(key, self.any_expiry() + timedelta(days=self.random.randrange(7))) for key in keys]
        self.connection.execute(
            """
            insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
            select mentor.organisation_id, mentor.id, given.expires_on - 300, given.expires_on
            from unnest(%s::uuid[], %s::date[]) as given (mentor_id, expires_on)
            inner join public.peer_mentors as mentor on mentor.id = given.mentor_id
            """,
            ([key for key, _ in given], [expires_on for _, expires_on in given]),
        )
        for key, expires_on in given:
            self.mentors[key].expiries.append(expires_on)

    def renew(self, keys: list[uuid.UUID]) -> None:
        given = [(key, self.today + timedelta(days=self.random.choice((5, 20, 40, 365)))) for key in keys]
        self.connection.execute(
            "select public.renew_certification(mentor_id, expires_on - 300, expires_on)"
            " from unnest(%s::uuid[], %s::date[]) as given (mentor_id, expires_on)",
            ([key for key, _ in given], [expires_on for _, expires_on in given]),
        )
        for key, expires_on in given:
            mentor = self.mentors[key]
            mentor.expiries.append(expires_on)
            if mentor.status == "expired_cert":
                mentor.status = "active"

    def transition(self, keys: list[uuid.UUID]) -> None:
        targets = {
            "active": ("paused", "withdrawn", "expired_cert"),
            "paused": ("active", "withdrawn"),
            "expired_cert": ("active", "paused"),
            "withdrawn": ("paused",),
        }
        chosen = [(key, self.random.choice(targets[self.mentors[key].status])) for key in keys]
        self.connection.execute(
            "select public.transition_mentor_status(mentor_id, status::public.mentor_status)"
            " from unnest(%s::uuid[], %s::text[]) as given (mentor_id, status)",
            ([key for key, _ in chosen], [status for _, status in chosen]),
        )
        for key, status in chosen:
            self.mentors[key].status = status

    def change_settings(self) -> None:
        key = self.random.choice(list(self.organisations))
        organisation = self.organisations[key]
        organisation.thresholds = tuple(
            self.random.sample((1, 3, 7, 10, 14, 20, 30, 45, 60), self.random.randrange(1, 5))
        )
        organisation.reminds = self.random.random() < 0.8
        self.connection.execute(
            """
            insert into public.organisation_settings (
                organisation_id, reminder_thresholds_days, certification_reminders_enabled
            )
            values (%s, %s, %s)
            on conflict (organisation_id) do update
            set
                reminder_thresholds_days = excluded.reminder_thresholds_days,
                certification_reminders_enabled = excluded.certification_reminders_enabled
            """,
            (key, list(organisation.thresholds), organisation.reminds),
        )

    def step(self) -> None:
        """A day or more goes by, things happen, a run comes or is missed or comes twice; it is compared."""
        self.today += timedelta(days=self.random.choice((0, 1, 1, 1, 1, 1, 2, 3, 9)))
        self.add_certificates(self.some(0.01))
        self.renew(self.some(0.03))
        # Only who has a certificate that is valid by the clock, or none, may become active.
        clock = datetime.now(UTC).date() + timedelta(days=2)
        able = [key for key in self.some(0.03) if not (m := self.mentors[key].expiries) or max(m) > clock]
        self.transition(able)
        if self.random.random() < 0.2:
            self.change_settings()
        # Sometimes for a day that is past.
        for as_of in self.random.choice(((0,), (0,), (0,), (0, 0), (0, -5), (-3, 0), ())):
            self.run_and_compare(self.today + timedelta(days=as_of))

    def run_and_compare(self, as_of: date) -> None:
        simulated = {
            row[0]: (row[1], row[2])
            for row in self.connection.execute(
                "select mentor_id, event_type, threshold_days from public.simulate_certification_expiry(%s)",
                (as_of,),
            )
        }
        (run_id,) = fetch(self.connection, "select run_id from public.run_certification_expiry(%s)", as_of)
        logged = self.connection.execute(
            "select mentor_id, event_type, threshold_days"
            " from public.certification_expiry_audit_log where run_id = %s",
            (run_id,),
        ).fetchall()
        expected = {key: event for key, mentor in self.mentors.items() if (event := mentor.run(as_of))}
        found = {key: (event, days) for key, event, days in logged}
        assert len(found) == len(logged), f"{as_of}: a mentor has two entries"
        assert found == expected, as_of
        assert found == simulated, as_of
        for key, (event, _) in found.items():
            self.transitions[key] += event == "status_transitioned"

    def compare_state(self) -> None:
        statuses: dict[uuid.UUID, str] = dict(
            self.connection.execute("select id, status::text from public.peer_mentors").fetchall()
        )
        assert statuses == {key: mentor.status for key, mentor in self.mentors.items()}
        sent = Counter(
            self.connection.execute(
                "select mentor_id, threshold_day, certification_expiry_date from public.cert_expiry_reminders"
            ).fetchall()
        )
        expected = {(key, *each) for key, mentor in self.mentors.items() for each in mentor.sent}
        assert sent == Counter(expected)
        (told,) = fetch(
            self.connection,
            "select count(*) from public.notifications where kind = 'certification_reminder'",
        )
        assert told == len(expected)
        history: dict[uuid.UUID, int] = dict(
            self.connection.execute(
                "select mentor_id, count(*) from public.mentor_status_changes where cause = 'expiry_run'"
                " group by mentor_id"
            ).fetchall()
        )
        assert history == {key: count for key, count in self.transitions.items() if count}
        assert self.connection.execute("select * from public.find_duplicate_transitions()").fetchall() == []


def fetch(connection: psycopg.Connection, query: str, *arguments: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), arguments or None).fetchone()
    assert row is not None
    return row


@pytest.mark.one_target
@pytest.mark.parametrize("centre", _CENTRES, ids=str)
def test_generated_timelines_agree_with_the_model(database: Database, centre: date) -> None:
    timelines = Timelines(database.superuser(), centre.toordinal(), centre)
    for _ in range(_STEPS):
        timelines.step()
        timelines.compare_state()

    # The generator has to reach what it is for, or agreement means little.
    mentors = timelines.mentors.values()
    assert {mentor.status for mentor in mentors} == {"active", "paused", "expired_cert", "withdrawn"}
    assert sum(len(mentor.sent) for mentor in mentors) > 300
    assert max(timelines.transitions.values()) > 1
    assert sum(timelines.transitions.values()) > 200


@pytest.mark.one_target
def test_today_follows_the_time_zone_of_the_organisation(database: Database) -> None:
    """Around midnight of many days, clock changes and the leap day among them, in every zone."""
    connection = database.superuser()
    timelines = Timelines(connection, 1, _CENTRES[0])
    checked = Counter[str]()
    for centre in (*_CENTRES, date(2077, 3, 27), date(2077, 11, 7)):
        for zone in _ZONES:
            for days in (-1, 0, 1):
                midnight = datetime.combine(centre + timedelta(days=days), time(), ZoneInfo(zone))
                for seconds in (-1, 0, 3600, 7199, 7200, 10800):
                    moment = midnight.astimezone(UTC) + timedelta(seconds=seconds)
                    found = {
                        row[0]: (row[1], row[2])
                        for row in connection.execute(
                            "select mentor_id, event_type, threshold_days"
                            " from private.due_certification_events(null, %s)",
                            (moment,),
                        )
                    }
                    expected = {
                        key: event
                        for key, mentor in timelines.mentors.items()
                        if (event := mentor.due(moment.astimezone(ZoneInfo(mentor.organisation.zone)).date()))
                    }
                    assert found == expected, moment
                    checked.update(event for event, _ in found.values())
    assert set(checked) == {"status_transitioned", "reminder_dispatched", "reminder_failed"}
