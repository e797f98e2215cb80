"""The words of a message, from templates: nothing in them tells who it is about."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import jinja2

from peerledger.checkpoints import grouped
from peerledger.longdate import MONTHS, long_date
from peerledger.notify.messages import Message

TEMPLATES = Path(__file__).parent / "templates"


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
                is_on_website=message.is_on_website,
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
        autoescape=False,  # noqa: S701 - plain text, not HTML  # nosec B701
        trim_blocks=True,
        lstrip_blocks=True,
    )

    environment.filters["grouped"] = grouped
    environment.filters["date"] = lambda value: long_date(date.fromisoformat(value), locale)
    return environment


_ENVIRONMENTS = {locale: _make_environment(locale) for locale in MONTHS}
