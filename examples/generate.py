#!/usr/bin/env python3
"""Make example data for Peerledger: three invented charities as CSV files.

The same --seed and --until always give the same files, byte for byte, so the
committed examples can be checked and remade on any machine.
"""

import argparse
import csv
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from uuid import NAMESPACE_DNS, uuid5

from vocabulary import (
    ACTIVITY_SHAPES,
    IMMIGRANT,
    MAIL_DOMAINS,
    NORWEGIAN,
    NOTES,
    NOTES_WITH_NATIONAL_ID,
    ORGANISATIONS,
    SAMI,
    ActivityShape,
    Badge,
    Criteria,
    NamePool,
    OrganisationPlan,
    badges_by_organisation,
)

Row = dict[str, str]
Tables = dict[str, list[Row]]

COLUMNS = {
    "organisations": "id slug name time_zone created_at",
    "organisation_settings": "organisation_id reminder_thresholds_days badges_enabled "
    "website_sync_enabled sync_max_attempts",
    "chapters": "id organisation_id name",
    "coordinator_assignments": "id organisation_id chapter_id user_id",
    "peer_mentors": "id organisation_id chapter_id user_id display_name email phone "
    "status dynamics_contact_id created_at",
    "certifications": "id organisation_id mentor_id issued_on expires_on",
    "badge_definitions": "id organisation_id slug name description criteria is_active",
    "activities": "id organisation_id mentor_id coordinator_id activity_type "
    "occurred_on duration_minutes participant_count delivery_mode voided_at created_at",
    "activity_notes": "activity_id organisation_id body",
}

NAMESPACE = uuid5(NAMESPACE_DNS, "peerledger.example")
DEFAULT_OUT = Path(__file__).parent / "likeperson"
DEFAULT_ACTIVITIES = 27_000
ACTIVITY_DAYS = 730
CERTIFICATE_DAYS = 730

# Nobody mentors around the clock: what does not fit into ten hours is left out.
MOST_MINUTES_A_DAY = 600

# How often an active mentor logs something, relative to the others, and out of
# a hundred mentors how many are like that. Whole numbers only: log() and exp()
# may differ in the last bit between machines, and then so would the files.
TEMPOS = ((0, 0), (1, 2), (3, 8), (9, 20), (21, 45), (46, 70))
TEMPO_WEIGHTS = (3, 22, 38, 25, 10, 2)

# How much of a mentor's activity a coordinator registers, in percent.
PROXY_PERCENTS = (0, 5, 20, 50, 90)
PROXY_WEIGHTS = (30, 25, 20, 15, 10)

# Days from --until to the expiry of an active mentor's certificate, in the order
# in which they are dealt out, so that a small data set has the telling ones too.
# Negative = has just expired and the nightly run has not seen it yet.
TELLING_EXPIRIES = (30, -1, 14, 7, -3, 21, 0, 29, 10, 1, -9, 13, 60, 6, 3, -20)

BASIC_METRICS = ("activity_count", "minutes_total")


@dataclass(frozen=True)
class Options:
    seed: int
    until: date
    mentors: int
    activities: int
    criteria: str


@dataclass(frozen=True)
class Coordinator:
    """One user's scope within one organisation; no chapters = everyone."""

    user_id: str
    chapter_ids: tuple[str, ...]

    def covers(self, chapter_id: str) -> bool:
        return not self.chapter_ids or chapter_id in self.chapter_ids


@dataclass(frozen=True)
class Organisation:
    plan: OrganisationPlan
    id: str
    chapters: dict[str, str]
    coordinators: tuple[Coordinator, ...]


@dataclass(frozen=True)
class Mentor:
    organisation: Organisation
    id: str
    chapter_id: str
    user_id: str
    name: str
    status: str
    joined_on: date
    last_day: date
    tempo: int


# --- small helpers ---------------------------------------------------------------


def make_id(*key: object) -> str:
    return str(uuid5(NAMESPACE, "/".join(str(part) for part in key)))


def days(count: int) -> timedelta:
    return timedelta(days=count)


def last_sunday(year: int, month: int) -> date:
    # Only for months of 31 days.
    end = date(year, month, 31)
    return end - days((end.weekday() + 1) % 7)


def norwegian_offset(day: date) -> str:
    # Worked out here because zoneinfo has no data on some machines. Right for
    # daytime, as clocks change at night.
    summer = last_sunday(day.year, 3) <= day < last_sunday(day.year, 10)
    return "+02:00" if summer else "+01:00"


def moment(rng: Random, day: date, first_hour: int, last_hour: int) -> str:
    hour = rng.randint(first_hour, last_hour)
    clock = f"{hour:02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
    return f"{day}T{clock}{norwegian_offset(day)}"


def weighted(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


# --- organisations, chapters, coordinators, badges -----------------------------


def make_organisation(plan: OrganisationPlan) -> Organisation:
    # Nothing here depends on the seed: data of several seeds fit into one database.
    chapters = {name: make_id(plan.slug, "chapter", name) for name in plan.chapters}
    chapter_ids = list(chapters.values())
    coordinators = tuple(
        Coordinator(
            make_id("user", coordinator.key),
            tuple(chapter_ids[index] for index in coordinator.chapters),
        )
        for coordinator in plan.coordinators
    )
    return Organisation(plan, make_id(plan.slug), chapters, coordinators)


def organisation_row(organisation: Organisation, until: date) -> Row:
    founded = date(until.year - 8, 1, 15)
    return {
        "id": organisation.id,
        "slug": organisation.plan.slug,
        "name": organisation.plan.name,
        "time_zone": "Europe/Oslo",
        "created_at": f"{founded}T09:00:00{norwegian_offset(founded)}",
    }


def chapter_rows(organisation: Organisation) -> Iterator[Row]:
    for name, chapter_id in organisation.chapters.items():
        yield {"id": chapter_id, "organisation_id": organisation.id, "name": name}


def assignment_rows(organisation: Organisation) -> Iterator[Row]:
    for coordinator in organisation.coordinators:
        for chapter_id in coordinator.chapter_ids or ("",):
            yield {
                "id": make_id("assignment", organisation.id, coordinator.user_id, chapter_id),
                "organisation_id": organisation.id,
                "chapter_id": chapter_id,
                "user_id": coordinator.user_id,
            }


def is_basic(node: Criteria) -> bool:
    for branch in ("all", "any"):
        if branch in node:
            return all(is_basic(child) for child in node[branch])
    return set(node) == {"metric", "at_least"} and node["metric"] in BASIC_METRICS


def badge_row(organisation: Organisation, badge: Badge) -> Row:
    return {
        "id": make_id(organisation.plan.slug, "badge", badge.slug),
        "organisation_id": organisation.id,
        "slug": badge.slug,
        "name": badge.name,
        "description": badge.description,
        "criteria": json.dumps(badge.criteria, ensure_ascii=False),
        "is_active": str(badge.is_active).lower(),
    }


def badge_rows(organisation: Organisation, options: Options) -> Iterator[Row]:
    for badge in badges_by_organisation(options.until.year)[organisation.plan.slug]:
        if options.criteria == "full" or is_basic(badge.criteria):
            yield badge_row(organisation, badge)


# --- people ----------------------------------------------------------------------


def name_pool(rng: Random, chapter: str) -> NamePool:
    sami_percent = {"Finnmark": 35, "Troms": 14, "Nordland": 6}.get(chapter, 1)
    immigrant_percent = {"Oslo": 26, "Akershus": 18}.get(chapter, 9)
    drawn = rng.randrange(100)
    if drawn < sami_percent:
        return SAMI
    if drawn < sami_percent + immigrant_percent:
        return rng.choice(IMMIGRANT)
    return NORWEGIAN


def full_name(rng: Random, chapter: str = "") -> str:
    names = name_pool(rng, chapter)
    given, family = rng.choice(names.given), rng.choice(names.family)
    if names is NORWEGIAN and rng.random() < 0.1:
        middle = rng.choice([name for name in names.family if name != family])
        return f"{given} {middle} {family}"
    return f"{given} {family}"


def mail_name(name: str) -> str:
    spelled = name.lower().replace("æ", "ae").translate(str.maketrans("øłđ", "old"))
    ascii_only = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore")
    return re.sub(r"[^a-z]+", ".", ascii_only.decode())


def phone_number(rng: Random) -> str:
    # No Norwegian number starts with 0, so nobody can be rung by mistake.
    return f"+47 000 {rng.randrange(100):02} {rng.randrange(1000):03}"


def join_day(rng: Random, until: date) -> date:
    newest, oldest = rng.choice(((12, 500), (300, 1400), (800, 2200)))
    return until - days(rng.randint(newest, oldest))


def draw_status(rng: Random, joined_on: date, until: date) -> str:
    if until - joined_on < days(400):
        return "active"
    return weighted(rng, {"active": 80, "paused": 9, "withdrawn": 8, "expired_cert": 3})


def draw_last_day(rng: Random, status: str, until: date) -> date:
    if status == "active":
        return until
    nearest, farthest = {
        "paused": (5, 150),
        "withdrawn": (10, 360),
        "expired_cert": (40, 250),
    }[status]
    return until - days(rng.randint(nearest, farthest))


def make_mentor(organisation: Organisation, index: int, options: Options) -> Mentor:
    slug = organisation.plan.slug
    rng = Random(f"{options.seed}/{slug}/mentor/{index}")
    chapter = rng.choice(list(organisation.chapters))
    joined_on = join_day(rng, options.until)
    status = draw_status(rng, joined_on, options.until)
    mentor_id = make_id(options.seed, slug, "mentor", index)
    mentor = Mentor(
        organisation=organisation,
        id=mentor_id,
        # A few belong to no chapter, a few never log in.
        chapter_id="" if rng.random() < 0.02 else organisation.chapters[chapter],
        user_id="" if rng.random() < 0.04 else make_id(mentor_id, "user"),
        name=full_name(rng, chapter),
        status=status,
        joined_on=joined_on,
        last_day=draw_last_day(rng, status, options.until),
        tempo=rng.randint(*rng.choices(TEMPOS, TEMPO_WEIGHTS)[0]),
    )
    return also_coordinator(mentor, index)


def also_coordinator(mentor: Mentor, index: int) -> Mentor:
    """Let the first two mentors be coordinators of their own chapter as well."""
    if index >= 2:
        return mentor
    coordinator = mentor.organisation.coordinators[1 + index]
    return replace(
        mentor,
        chapter_id=coordinator.chapter_ids[0],
        user_id=coordinator.user_id,
    )


def mentor_counts(total: int) -> list[int]:
    rest = [max(1, total * plan.share_percent // 100) for plan in ORGANISATIONS[1:]]
    return [total - sum(rest), *rest]


def make_mentors(organisations: Sequence[Organisation], options: Options) -> list[Mentor]:
    return [
        make_mentor(organisation, index, options)
        for organisation, count in zip(organisations, mentor_counts(options.mentors), strict=True)
        for index in range(count)
    ]


def mentor_rows(mentors: Sequence[Mentor], options: Options) -> Iterator[Row]:
    rng = Random(f"{options.seed}/contacts")
    taken: Counter[str] = Counter()
    for mentor in mentors:
        address = mail_name(mentor.name)
        taken[address] += 1
        suffix = str(taken[address]) if taken[address] > 1 else ""
        contact_id = make_id(mentor.id, "dynamics")
        yield {
            "id": mentor.id,
            "organisation_id": mentor.organisation.id,
            "chapter_id": mentor.chapter_id,
            "user_id": mentor.user_id,
            "display_name": mentor.name,
            "email": f"{address}{suffix}@{rng.choice(MAIL_DOMAINS)}",
            "phone": phone_number(rng),
            "status": mentor.status,
            "dynamics_contact_id": "" if rng.random() < 0.03 else contact_id,
            # In the morning: the first activity may follow on the same day.
            "created_at": moment(rng, mentor.joined_on, 8, 11),
        }


# --- certifications --------------------------------------------------------------


def deal_telling_expiries(mentors: Sequence[Mentor], options: Options) -> dict[str, date]:
    """Give some of an organisation's seasoned active mentors a telling expiry date."""
    seasoned = [
        mentor
        for mentor in mentors
        if mentor.status == "active" and options.until - mentor.joined_on > days(250)
    ]
    rng = Random(f"{options.seed}/{mentors[0].organisation.id}/expiries")
    rng.shuffle(seasoned)
    return {
        mentor.id: options.until + days(ahead)
        for mentor, ahead in zip(seasoned, TELLING_EXPIRIES, strict=False)
    }


def ordinary_expiry(rng: Random, mentor: Mentor, until: date) -> date | None:
    if mentor.status == "expired_cert":
        return mentor.last_day
    if rng.random() < 0.07:
        return None
    if mentor.status == "withdrawn":
        return mentor.last_day + days(rng.randint(0, 600))
    return until + days(rng.randint(62, 720))


def certificate_periods(rng: Random, joined_on: date, expires_on: date) -> list[tuple[date, date]]:
    """The periods up to the governing one, each renewed shortly before it ran out."""
    periods: list[tuple[date, date]] = []
    while expires_on - joined_on > days(60):
        issued_on = max(joined_on, expires_on - days(CERTIFICATE_DAYS))
        periods.insert(0, (issued_on, expires_on))
        expires_on = issued_on + days(rng.randint(0, 25))
    return periods


def certification_rows(mentors: Sequence[Mentor], options: Options) -> Iterator[Row]:
    telling = deal_telling_expiries(mentors, options)
    for mentor in mentors:
        rng = Random(f"{options.seed}/{mentor.id}/certificates")
        expires_on = telling.get(mentor.id) or ordinary_expiry(rng, mentor, options.until)
        if expires_on is None:
            continue
        for issued, expires in certificate_periods(rng, mentor.joined_on, expires_on):
            yield {
                "id": make_id(mentor.id, "certificate", expires),
                "organisation_id": mentor.organisation.id,
                "mentor_id": mentor.id,
                "issued_on": str(issued),
                "expires_on": str(expires),
            }


# --- the calendar ----------------------------------------------------------------


def easter_sunday(year: int) -> date:
    # The anonymous Gregorian algorithm.
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def public_holidays(year: int) -> set[date]:
    easter = easter_sunday(year)
    movable = {easter + days(offset) for offset in (-3, -2, 0, 1, 39, 49, 50)}
    return movable | {date(year, 5, 1), date(year, 5, 17)}


def is_christmas(day: date) -> bool:
    return (day.month, day.day) >= (12, 23) or (day.month, day.day) == (1, 1)


def day_weight(day: date) -> int:
    """How likely an activity is on a day, compared to other days."""
    if is_christmas(day) or day in public_holidays(day.year):
        return 100
    by_weekday = (100, 115, 110, 105, 70, 35, 30)[day.weekday()]
    by_month = {6: 80, 7: 28, 8: 80, 12: 75}.get(day.month, 100)
    return by_weekday * by_month // 10


@dataclass(frozen=True)
class Calendar:
    first: date
    weights: tuple[int, ...]

    def window(self, mentor: Mentor) -> tuple[int, int]:
        start = max(0, (mentor.joined_on - self.first).days)
        return start, max(start, (mentor.last_day - self.first).days + 1)

    def draw(self, rng: Random, mentor: Mentor, count: int) -> list[date]:
        start, end = self.window(mentor)
        cumulated = list(accumulate(self.weights[start:end]))
        offsets = rng.choices(range(start, end), cum_weights=cumulated, k=count)
        return [self.first + days(offset) for offset in sorted(offsets)]


def make_calendar(until: date) -> Calendar:
    first = until - days(ACTIVITY_DAYS - 1)
    weights = (day_weight(first + days(offset)) for offset in range(ACTIVITY_DAYS))
    return Calendar(first, tuple(weights))


# --- activities ------------------------------------------------------------------


def activity_counts(mentors: Sequence[Mentor], calendar: Calendar, total: int) -> list[int]:
    """Share the total out by tempo and by how long each mentor was there."""
    shares = []
    for mentor in mentors:
        start, end = calendar.window(mentor)
        shares.append(mentor.tempo * sum(calendar.weights[start:end]))
    everything = max(1, sum(shares))
    return [(2 * total * share + everything) // (2 * everything) for share in shares]


def favourite_types(rng: Random, plan: OrganisationPlan) -> dict[str, int]:
    favourites = rng.sample(list(plan.type_weights), 2)
    return {name: weight * (4 if name in favourites else 1) for name, weight in plan.type_weights.items()}


def draw_minutes(rng: Random, shape: ActivityShape) -> int:
    # The middle of two draws and the usual length clusters around the latter.
    steps = [rng.randint(shape.shortest // 5, shape.longest // 5) for _ in range(2)]
    return 5 * sorted([*steps, shape.usual // 5])[1]


def draw_participants(rng: Random, shape: ActivityShape) -> int:
    return min(rng.randint(shape.fewest, shape.most) for _ in range(2))


@dataclass(frozen=True)
class Registrar:
    """Who registers a mentor's activities: the mentor, or someone in scope."""

    near: tuple[str, ...]
    central: tuple[str, ...]
    proxy_percent: int

    def draw(self, rng: Random) -> str:
        if rng.randrange(100) >= self.proxy_percent:
            return ""
        far = not self.near or (self.central and rng.random() < 0.15)
        return rng.choice(self.central if far else self.near)


def make_registrar(rng: Random, mentor: Mentor) -> Registrar:
    others = [
        coordinator
        for coordinator in mentor.organisation.coordinators
        if coordinator.covers(mentor.chapter_id) and coordinator.user_id != mentor.user_id
    ]
    percent = rng.choices(PROXY_PERCENTS, PROXY_WEIGHTS)[0]
    return Registrar(
        near=tuple(one.user_id for one in others if one.chapter_ids),
        central=tuple(one.user_id for one in others if not one.chapter_ids),
        proxy_percent=percent if mentor.user_id else 100,
    )


def draw_delay(rng: Random, by_proxy: bool) -> int:
    """Days between an activity and its registration."""
    drawn = rng.random()
    if drawn < 0.05:
        return rng.randint(14, 75)
    if drawn < (0.6 if by_proxy else 0.3):
        return rng.randint(1, 9)
    return 0


def draw_created_at(rng: Random, day: date, until: date, by_proxy: bool) -> str:
    registered_on = min(until, day + days(draw_delay(rng, by_proxy)))
    first_hour, last_hour = (12, 16) if by_proxy else (15, 22)
    return moment(rng, registered_on, first_hour, last_hour)


def draw_voided_at(rng: Random, created_at: str, until: date) -> str:
    if rng.random() >= 0.008:
        return ""
    created_on = date.fromisoformat(created_at[:10])
    voided_on = min(until, created_on + days(rng.randint(0, 20)))
    # Nothing is registered after 23, so a voiding on the same day comes later.
    return moment(rng, voided_on, 23, 23)


def activity_row(rng: Random, mentor: Mentor, kind: str, day: date, coordinator_id: str, until: date) -> Row:
    shape = ACTIVITY_SHAPES[kind]
    created_at = draw_created_at(rng, day, until, bool(coordinator_id))
    return {
        "organisation_id": mentor.organisation.id,
        "mentor_id": mentor.id,
        "coordinator_id": coordinator_id,
        "activity_type": kind,
        "occurred_on": str(day),
        "duration_minutes": str(draw_minutes(rng, shape)),
        "participant_count": str(draw_participants(rng, shape)),
        "delivery_mode": weighted(rng, shape.modes),
        "voided_at": draw_voided_at(rng, created_at, until),
        "created_at": created_at,
    }


def mentor_activities(mentor: Mentor, count: int, calendar: Calendar, options: Options) -> Iterator[Row]:
    rng = Random(f"{options.seed}/{mentor.id}/activities")
    types = favourite_types(rng, mentor.organisation.plan)
    registrar = make_registrar(rng, mentor)
    used: defaultdict[date, int] = defaultdict(int)
    for number, day in enumerate(calendar.draw(rng, mentor, count)):
        row = activity_row(rng, mentor, weighted(rng, types), day, registrar.draw(rng), options.until)
        used[day] += int(row["duration_minutes"])
        if used[day] <= MOST_MINUTES_A_DAY:
            yield {"id": make_id(mentor.id, "activity", number), **row}


def activity_rows(mentors: Sequence[Mentor], options: Options) -> list[Row]:
    calendar = make_calendar(options.until)
    counts = activity_counts(mentors, calendar, options.activities)
    rows = [
        row
        for mentor, count in zip(mentors, counts, strict=True)
        if count
        for row in mentor_activities(mentor, count, calendar, options)
    ]
    return sorted(rows, key=lambda row: (row["created_at"], row["id"]))


# --- notes -----------------------------------------------------------------------


def check_sum(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(d * w for d, w in zip(digits, weights, strict=False)) % 11


def invalid_national_id(rng: Random) -> str:
    """Eleven digits shaped like a national id, both check digits wrong.

    The first check is failed under the looser rule of 2032 too (remainder 0 to 3).
    """
    first_weights = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
    second_weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    birth = f"{rng.randint(1, 28):02}{rng.randint(1, 12):02}{rng.randint(30, 99)}"
    start = [int(digit) for digit in f"{birth}{rng.randrange(500):03}"]
    wrong_first = [k for k in range(10) if check_sum([*start, k], first_weights) > 3]
    digits = [*start, rng.choice(wrong_first)]
    wrong = [k for k in range(10) if check_sum([*digits, k], second_weights) != 0]
    return "".join(str(digit) for digit in [*digits, rng.choice(wrong)])


def note_body(rng: Random) -> str:
    texts = NOTES_WITH_NATIONAL_ID if rng.random() < 0.04 else NOTES
    person, phone = full_name(rng), phone_number(rng)
    return rng.choice(texts).format(
        person=person,
        other=full_name(rng),
        phone=rng.choice((phone, phone[4:], phone[4:].replace(" ", ""))),
        email=f"{mail_name(person)}@{rng.choice(MAIL_DOMAINS)}",
        national_id=invalid_national_id(rng),
    )


def note_rows(activities: Sequence[Row], options: Options) -> Iterator[Row]:
    rng = Random(f"{options.seed}/notes")
    for activity in activities:
        if rng.random() < 0.03:
            yield {
                "activity_id": activity["id"],
                "organisation_id": activity["organisation_id"],
                "body": note_body(rng),
            }


# --- all of it -------------------------------------------------------------------


def build(options: Options) -> Tables:
    organisations = [make_organisation(plan) for plan in ORGANISATIONS]
    mentors = make_mentors(organisations, options)
    activities = activity_rows(mentors, options)
    tables: Tables = {name: [] for name in COLUMNS}
    for organisation in organisations:
        add_organisation(tables, organisation, options)
        theirs = [one for one in mentors if one.organisation is organisation]
        tables["certifications"] += certification_rows(theirs, options)
    tables["peer_mentors"] += mentor_rows(mentors, options)
    tables["activities"] += activities
    tables["activity_notes"] += note_rows(activities, options)
    return tables


def add_organisation(tables: Tables, organisation: Organisation, options: Options) -> None:
    tables["organisations"].append(organisation_row(organisation, options.until))
    if organisation.plan.settings is not None:
        tables["organisation_settings"].append(
            {"organisation_id": organisation.id, **organisation.plan.settings}
        )
    tables["chapters"] += chapter_rows(organisation)
    tables["coordinator_assignments"] += assignment_rows(organisation)
    tables["badge_definitions"] += badge_rows(organisation, options)


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        # RFC 4180 ends lines with CRLF, on every platform.
        writer = csv.DictWriter(file, columns, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def write_tables(out: Path, tables: Tables) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        write_table(out / f"{name}.csv", COLUMNS[name].split(), rows)
        print(f"{name}.csv: {len(rows)} rows")


# --- command line ----------------------------------------------------------------


def day_argument(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like 2026-11-15") from None


def mentors_argument(text: str) -> int:
    if not text.isdecimal() or int(text) < len(ORGANISATIONS):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a whole number of at least {len(ORGANISATIONS)}, one for each organisation"
        )
    return int(text)


def activities_argument(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Write example data for Peerledger: one CSV file a table, ready "
        "for `peerledger load DIR`. Three invented Norwegian charities with their "
        "chapters, coordinators, peer mentors, certificates, badges and two years of "
        "activities. No person in it exists.",
        epilog="The same options always give the same files, byte for byte. "
        "Files of the same names in DIR are overwritten.",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=DEFAULT_OUT,
        metavar="DIR",
        help="where to write the files; made if missing (default: examples/likeperson)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=2026,
        metavar="N",
        help="another number gives other people and activities (default: %(default)s)",
    )
    parser.add_argument(
        "--until",
        type=day_argument,
        default=date(2026, 11, 15),
        metavar="DATE",
        help="last day of activity; the two years before it are filled, and "
        "certificates expire shortly before and after it (default: %(default)s)",
    )
    parser.add_argument(
        "--mentors",
        type=mentors_argument,
        default=400,
        metavar="N",
        help="how many peer mentors in all (default: %(default)s)",
    )
    parser.add_argument(
        "--activities",
        type=activities_argument,
        default=DEFAULT_ACTIVITIES,
        metavar="N",
        help="about how many activities in all (default: %(default)s)",
    )
    parser.add_argument(
        "--criteria",
        choices=("basic", "full"),
        default="full",
        help="which badges: `basic` has only those that count activities or minutes, "
        "`full` adds those that use the whole criteria language "
        "(default: %(default)s)",
    )
    return parser


def main() -> None:
    arguments = make_parser().parse_args()
    options = Options(
        seed=arguments.seed,
        until=arguments.until,
        mentors=arguments.mentors,
        activities=arguments.activities,
        criteria=arguments.criteria,
    )
    write_tables(arguments.out, build(options))


if __name__ == "__main__":
    main()
