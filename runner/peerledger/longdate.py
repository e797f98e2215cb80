"""Dates in words, in the languages of the project."""

from collections.abc import Mapping
from datetime import date

MONTHS: Mapping[str, tuple[str, ...]] = {
    "nb": (
        "januar",
        "februar",
        "mars",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "desember",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
_DATE = {"nb": "{day}. {month} {year}", "en": "{day} {month} {year}"}


def long_date(day: date, locale: str) -> str:
    return _DATE[locale].format(day=day.day, month=MONTHS[locale][day.month - 1], year=day.year)
