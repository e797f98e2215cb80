"""The terminal obeys what it is sent, so what comes from a database or a file is sent without its orders.

A name with an escape sequence could clear the screen, and one that turns the direction of writing could show
a critical line as a harmless one.
"""

import re
from typing import Any

import rich.console
import typer
from rich.text import Text

# Control characters but for the end of a line and a tab, and those that change the direction of writing.
_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    return _ORDERS.sub("", text)


def echo(text: object = "", *, nl: bool = True, err: bool = False) -> None:
    """`typer.echo` for what is not only our own words."""
    typer.echo(plain(str(text)), nl=nl, err=err)  # noqa: TID251


class Console(rich.console.Console):
    """Every text that it is given is cleaned; colours are its own."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(plain(text), **options)
