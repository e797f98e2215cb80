"""The words of a message, from templates: nothing in them tells who it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import jinja2

from runner.notify.messages import Message

TEMPLATES = Path(__file__).parent / "templates"

_MONTHS: Mapping[str, tuple[str, ...]] = {
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


@dataclass(frozen=True)
class Text:
    title: str
    body: str


class NoTextError(Exception):
    """The template is missing, or asks for something that the message has not."""


def compose(message: Message) -> Text:
    """The first line of a template is the title, the rest the body."""
    try:
        words = (
            _environment(message.locale)
            .get_template(f"{message.kind}.j2")
            .render(
                payload=message.payload,
                organisation=message.organisation_name,
                badge=message.badge_name,
            )
        )
    except (jinja2.TemplateError, KeyError, TypeError, ValueError) as error:
        raise NoTextError from error
    title, _, body = words.strip().partition("\n")
    return Text(title.strip(), " ".join(body.split()))


def _environment(locale: str) -> jinja2.Environment:
    if locale not in _ENVIRONMENTS:
        raise KeyError(locale)
    return _ENVIRONMENTS[locale]


def _make_environment(locale: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / locale),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def long_date(value: str) -> str:
        day = date.fromisoformat(value)
        return _DATE[locale].format(day=day.day, month=_MONTHS[locale][day.month - 1], year=day.year)

    environment.filters["date"] = long_date
    return environment


_ENVIRONMENTS = {locale: _make_environment(locale) for locale in _MONTHS}
