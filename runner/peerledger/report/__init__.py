"""`report`: what happened in an organisation in a period, as one HTML file for whoever audits it.

The figures are those of public.get_compliance_report; here they are only given words and form.
"""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import jinja2
import psycopg
from markupsafe import Markup

from peerledger.database import Connection, Database
from peerledger.errors import USAGE, RunnerError, from_database
from peerledger.files import writing
from peerledger.plan import snapshot
from peerledger.queries import ask, call
from peerledger.report.charts import svg
from peerledger.report.sections import attention, sections
from peerledger.report.words import load_words

_HERE = Path(__file__).parent


def write(
    database: Database, slug: str, first: date, last: date, path: Path, language: str | None = None
) -> None:
    page = make(database, slug, first, last, language)
    with writing(path):
        path.write_text(page, encoding="utf-8")


def make(database: Database, slug: str, first: date, last: date, language: str | None = None) -> str:
    # The sections speak of the same moment.
    with snapshot(database) as connection:
        figures = read(connection, slug, first, last)
    return render(figures, language or figures["organisation"]["locale"])


def read(connection: Connection, slug: str, first: date, last: date) -> dict[str, Any]:
    organisation = organisation_id(connection, slug)
    try:
        figures: dict[str, Any] = call(connection, "public.get_compliance_report", organisation, first, last)
    except psycopg.errors.InvalidParameterValue as error:
        raise RunnerError(from_database(error).message, USAGE) from error
    return figures


def organisation_id(connection: Connection, slug: str) -> UUID:
    """From here on, the connection's times are those of its time zone."""
    found = ask(connection, "organisation_in_its_time", slug=slug).fetchone()
    if found is None:
        slugs = ", ".join(slug for slug, _ in ask(connection, "organisation_ids")) or "none yet"
        raise RunnerError(f"There is no organisation {slug!r}. There are: {slugs}.", USAGE)
    return UUID(str(found[0]))


def render(figures: dict[str, Any], language: str) -> str:
    words = load_words(language)
    return as_page(
        "page.html.j2",
        words=words,
        figures=figures,
        first=date.fromisoformat(figures["from_date"]),
        last=date.fromisoformat(figures["to_date"]),
        entries=sum(log["entries"] for log in figures["retention"]["logs"]),
        attention=attention(figures, words),
        sections=sections(figures, words),
        svg=svg,
    )


def as_page(template: str, **content: Any) -> str:
    """One file that needs no other: the style is in it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((_HERE / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file  # nosec B704
    return environment.get_template(template).render(style=style, **content)
