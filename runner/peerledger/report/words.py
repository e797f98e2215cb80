"""The words of a report in one language, and how that language writes numbers, dates and durations."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peerledger.longdate import MONTHS, long_date

LANGUAGES = Path(__file__).parent / "languages"
# A space at which no line is broken.
_TOGETHER = "\u00a0"


@dataclass(frozen=True)
class _Count:
    """`{removals}` is the number, `{removals:removal|removals}` the number and the word that goes with it."""

    value: int
    shown: str

    def __format__(self, forms: str) -> str:
        one, _, many = forms.partition("|")
        return f"{self.shown} {one if self.value == 1 else many}" if forms else self.shown


@dataclass(frozen=True)
class Words:
    language: str
    all: dict[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """The words of a dotted key, with its numbers put in."""
        found: Any = self.all
        for part in key.split("."):
            found = found[part]
        shown = {
            name: _Count(value, self.number(value)) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return str(found).format(**shown)

    def label(self, code: str) -> str:
        """A code of the database in words. One that came later than this file stays itself."""
        return str(self.all["labels"].get(code, code.replace("_", " ")))

    @property
    def thousands(self) -> str:
        return str(self.all["numbers"]["thousands"])

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", self.thousands)

    def day(self, day: date) -> str:
        return long_date(day, self.language).replace(" ", _TOGETHER)

    def month(self, day: date) -> str:
        return f"{MONTHS[self.language][day.month - 1]} {day.year}"

    def short_month(self, day: date) -> str:
        return MONTHS[self.language][day.month - 1][:3]

    def moment(self, at: str | None) -> str:
        """In the time zone that the database wrote it in."""
        if at is None:
            return "–"
        moment = datetime.fromisoformat(at)
        words = self(
            "numbers.moment", day=self.day(moment.date()), hour=f"{moment:%H}", minute=f"{moment:%M}"
        )
        return words.replace(" ", _TOGETHER)

    def day_of(self, at: str | None) -> str:
        return "–" if at is None else self.day(datetime.fromisoformat(at).date())

    def duration(self, seconds: float | None) -> str:
        if seconds is None:
            return "–"
        whole = round(seconds)
        minutes, hours, days = whole // 60, whole // 3_600, whole // 86_400
        if days:
            words = self("durations.days", days=days, hours=hours % 24)
        elif hours:
            words = self("durations.hours", hours=hours, minutes=minutes % 60)
        elif minutes:
            words = self("durations.minutes", minutes=minutes, seconds=whole % 60)
        else:
            decimal = self.all["numbers"]["decimal"]
            words = self("durations.seconds", seconds=f"{seconds:.1f}".replace(".", decimal))
        return words.replace(" ", _TOGETHER)


def load_words(language: str) -> Words:
    with (LANGUAGES / f"{language}.toml").open("rb") as file:
        return Words(language, tomllib.load(file))
