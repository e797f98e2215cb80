"""The sample data, moved in time so that its last day is another one: by whole days, everything alike."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

# The sample data is to be read as of its last day.
LAST_DAY = date(2026, 11, 15)

Row = dict[str, str]
# What says when something happened, and so moves.
_DAYS = ("issued_on", "expires_on", "occurred_on")
_MOMENTS = ("created_at", "voided_at")
# Nobody files every paper in time: of four renewals one is registered when the old certificate has run out.
_ONE_LATE_IN = 4


@dataclass(frozen=True)
class Renewal:
    mentor_id: str
    issued_on: date
    expires_on: date


@dataclass(frozen=True)
class Leaving:
    mentor_id: str
    status: str


@dataclass
class Day:
    """What people tell the app on a day."""

    mentors: list[Row] = field(default_factory=list)
    certificates: list[Row] = field(default_factory=list)
    renewals: list[Renewal] = field(default_factory=list)
    activities: list[Row] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    leaving: list[Leaving] = field(default_factory=list)


@dataclass
class Samples:
    """What was there before the first day, as files to load, and what each day brought after that."""

    history: dict[str, list[Row]]
    days: Mapping[date, Day]
    mentors: Sequence[Row]
    coordinators: Mapping[str, str]
    """By organisation: one who may act for all of its mentors."""


def read(directory: Path, first: date, today: date) -> Samples:
    """Their last day becomes today, of which there is only the night: what else it brings is left out."""
    rows = {path.stem: _moved(path, today - LAST_DAY) for path in sorted(directory.glob("*.csv"))}
    last = today - timedelta(days=1)
    rows["activities"] = [row for row in rows["activities"] if row["occurred_on"] <= last.isoformat()]
    days: defaultdict[date, Day] = defaultdict(Day)
    history = {name: rows[name] for name in rows if name not in ("activities", "activity_notes")}
    _divide_activities(rows, history, days, first, last)
    history["certifications"] = _divide_certificates(rows["certifications"], days, first, last)
    history["peer_mentors"] = _divide_mentors(rows, days, first, last)
    return Samples(
        history,
        days,
        rows["peer_mentors"],
        {
            row["organisation_id"]: row["user_id"]
            for row in rows["coordinator_assignments"]
            if not row["chapter_id"]
        },
    )


def write(tables: Mapping[str, Sequence[Row]], directory: Path) -> None:
    for name, rows in tables.items():
        with (directory / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _divide_activities(
    rows: Mapping[str, Sequence[Row]],
    history: dict[str, list[Row]],
    days: Mapping[date, Day],
    first: date,
    last: date,
) -> None:
    notes = {row["activity_id"]: row for row in rows["activity_notes"]}
    history["activities"], history["activity_notes"] = [], []
    for row in rows["activities"]:
        registered_on, note = min(_day(row["created_at"]), last), notes.get(row["id"])
        voided_on = _day(row["voided_at"]) if row["voided_at"] else None
        if voided_on is not None and voided_on >= first:
            row["voided_at"] = ""
            days[min(voided_on, last)].voided.append(row["id"])
        if registered_on < first:
            history["activities"].append(row)
            history["activity_notes"] += [note] if note else []
            continue
        day = days[registered_on]
        # The database stamps when it was.
        day.activities.append(_without(row, *_MOMENTS))
        day.notes += [note] if note else []


def _divide_certificates(
    certificates: Sequence[Row], days: Mapping[date, Day], first: date, last: date
) -> list[Row]:
    history, ran_out_on = [], dict[str, date]()
    for row in sorted(certificates, key=lambda row: (row["mentor_id"], row["issued_on"])):
        mentor_id, issued_on = row["mentor_id"], date.fromisoformat(row["issued_on"])
        earlier, number = ran_out_on.get(mentor_id), UUID(row["id"]).int
        ran_out_on[mentor_id] = expires_on = date.fromisoformat(row["expires_on"])
        late_on = earlier + timedelta(days=2 + number // _ONE_LATE_IN % 24) if earlier else issued_on
        registered_on = late_on if number % _ONE_LATE_IN == 0 and late_on <= last else issued_on
        if registered_on < first:
            history.append(row)
        elif earlier:
            days[registered_on].renewals.append(Renewal(mentor_id, issued_on, expires_on))
        else:
            days[registered_on].certificates.append(row)
    return history


def _divide_mentors(
    rows: Mapping[str, Sequence[Row]], days: Mapping[date, Day], first: date, last: date
) -> list[Row]:
    """All were active once. Who left did so when the last of what they had done was registered."""
    active_until = {row["mentor_id"]: _day(row["created_at"]) for row in rows["activities"]}
    expires_on = {row["mentor_id"]: row["expires_on"] for row in rows["certifications"]}
    for row in rows["certifications"]:
        expires_on[row["mentor_id"]] = max(expires_on[row["mentor_id"]], row["expires_on"])
    history = []
    for row in rows["peer_mentors"]:
        joined_on, status = _day(row["created_at"]), row["status"]
        if status == "expired_cert" and expires_on[row["id"]] >= (first - timedelta(days=1)).isoformat():
            # The night sees to that.
            row["status"] = "active"
        elif status in ("paused", "withdrawn"):
            left_on = min(max(active_until.get(row["id"], joined_on), joined_on), last)
            if left_on >= first:
                row["status"] = "active"
                days[left_on].leaving.append(Leaving(row["id"], status))
        if joined_on < first:
            history.append(row)
        else:
            days[joined_on].mentors.append(_without(row, *_MOMENTS))
    return history


def _moved(path: Path, by: timedelta) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # Organisations are as old as they are.
    if path.stem == "organisations":
        return rows
    for row in rows:
        for name in _DAYS:
            if name in row:
                row[name] = (date.fromisoformat(row[name]) + by).isoformat()
        for name in _MOMENTS:
            if row.get(name):
                # The offset may be the other half-year's: an hour of nobody's working day.
                row[name] = (datetime.fromisoformat(row[name]) + by).isoformat()
    return rows


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}
