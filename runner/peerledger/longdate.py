"""Dates in words, in the languages of the project."""

from collections.abc import Mapping
from datetime import date

_NORWEGIAN = "januar februar mars april mai juni juli august september oktober november desember"
_ENGLISH = "January February March April May June July August September October November December"
MONTHS: Mapping[str, list[str]] = {
    "nb": _NORWEGIAN.split(),
    "nn": _NORWEGIAN.split(),
    "en": _ENGLISH.split(),
}


def long_date(day: date, locale: str) -> str:
    dot = "" if locale == "en" else "."
    return f"{day.day}{dot} {MONTHS[locale][day.month - 1]} {day.year}"
