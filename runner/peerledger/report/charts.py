"""Plots as inline SVG: no script, nothing from outside, a title and a description for who cannot see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from markupsafe import Markup, escape

_WIDTH = 640
_RIGHT = 8
_GAP = 8
# What fits on a phone, where the type is larger in proportion.
_PHONE_LABELS = 5
_LABELS = 14
_MOST_VALUES = 14
_PHONE_ROOM = 70
_ROW = 60
_LEAST_LEFT = 60
_PHONE_LETTER = 13


@dataclass(frozen=True)
class Tick:
    """A label under the plot, in two lines."""

    text: str
    below: str = ""


@dataclass(frozen=True)
class Series:
    label: str
    values: Sequence[int]
    fill: str
    """One of the classes f1, f2, f3: they differ in lightness and pattern, not only in colour."""


@dataclass(frozen=True)
class Legend:
    label: str
    fill: str


class Chart(Protocol):
    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def legend(self) -> Sequence[Legend]: ...

    def body(self, separator: str) -> tuple[int, Markup]:
        """Its height, and what is drawn."""


@dataclass(frozen=True)
class Columns:
    """Stacked columns, one a step of time or a class of values."""

    title: str
    description: str
    ticks: Sequence[Tick]
    series: Sequence[Series]

    @property
    def legend(self) -> Sequence[Legend]:
        return [Legend(one.label, one.fill) for one in self.series] if len(self.series) > 1 else []

    @property
    def is_empty(self) -> bool:
        return not any(value for one in self.series for value in one.values)

    def body(self, separator: str) -> tuple[int, Markup]:
        top, height = 22, 180
        totals = [sum(values) for values in zip(*(one.values for one in self.series), strict=True)]
        highest, step = _scale(max(totals))
        left = max(_LEAST_LEFT, len(_number(separator, highest)) * _PHONE_LETTER + _GAP)
        slot = (_WIDTH - left - _RIGHT) / len(self.ticks)
        width = min(slot * 0.72, 56)
        drawn: list[Markup] = []

        def y_of(value: float) -> float:
            return top + height * (1 - value / highest)

        for value in range(0, highest + 1, step):
            drawn.append(_line(left, y_of(value), _WIDTH - _RIGHT, y_of(value), "grid" if value else "axis"))
            drawn.append(_text(left - _GAP, y_of(value) + 5, _number(separator, value), "end"))
        for position, tick in enumerate(self.ticks):
            middle = left + slot * (position + 0.5)
            below = 0
            for one in self.series:
                value = one.values[position]
                if value:
                    y = y_of(below + value)
                    drawn.append(_rectangle(middle - width / 2, y, width, y_of(below) - y, one.fill))
                below += value
            if below and len(self.ticks) <= _MOST_VALUES:
                drawn.append(_text(middle, y_of(below) - 5, _number(separator, below), "middle", "minor"))
            weight = _label_class(position, len(self.ticks))
            if weight is not None:
                drawn.append(_text(middle, top + height + 21, tick.text, "middle", weight))
        below_ticks = self._below(left, slot, top + height + 45)
        return top + height + (52 if below_ticks else 30), Markup("").join([*drawn, *below_ticks])

    def _below(self, left: float, slot: float, y: float) -> list[Markup]:
        """The second line: a year or a month, where it begins."""
        begins = [position for position, tick in enumerate(self.ticks) if tick.below]
        drawn = []
        for position, following in pairwise([*begins, len(self.ticks) * 2]):
            room = slot * (following - position)
            if room > 40:
                kind = "minor" if room < _PHONE_ROOM else ""
                drawn.append(
                    _text(left + slot * (position + 0.5), y, self.ticks[position].below, "middle", kind)
                )
        return drawn


@dataclass(frozen=True)
class Bars:
    """A horizontal bar a row, its label above it."""

    title: str
    description: str
    rows: Sequence[tuple[str, Sequence[tuple[int, str]], str]]
    """Label, parts with their fill, and the words behind the bar."""
    legend: Sequence[Legend] = ()

    def body(self, separator: str) -> tuple[int, Markup]:
        highest = max((sum(value for value, _ in parts) for _, parts, _ in self.rows), default=0) or 1
        room = max((len(words) for _, _, words in self.rows), default=0) * _PHONE_LETTER + 12
        drawn: list[Markup] = []
        for position, (label, parts, words) in enumerate(self.rows):
            y, x = position * _ROW + 20, 2.0
            drawn.append(_text(0, y, label, "start"))
            for value, fill in parts:
                width = (_WIDTH - room) * value / highest
                if value:
                    drawn.append(_rectangle(x, y + 8, width, 14, fill))
                x += width
            drawn.append(_text(x + 6, y + 20, words, "start"))
        return len(self.rows) * _ROW, Markup("").join(drawn)


@dataclass(frozen=True)
class Spans:
    """From when to now each row reaches, on one axis, with a mark where it may begin to be removed."""

    title: str
    description: str
    rows: Sequence[tuple[str, float, float]]
    """Label, months held, months that must be kept."""
    start: str
    end: str
    legend: Sequence[Legend] = ()

    def body(self, separator: str) -> tuple[int, Markup]:
        longest = max(max(held, floor) for _, held, floor in self.rows) * 1.04
        drawn: list[Markup] = []

        def x_of(months: float) -> float:
            return (_WIDTH - 2) * (1 - months / longest)

        for position, (label, held, floor) in enumerate(self.rows):
            y = position * _ROW + 20
            drawn.append(_text(0, y, label, "start"))
            drawn.append(_rectangle(x_of(longest), y + 8, _WIDTH - 2, 14, "f0"))
            # A day can still be seen.
            drawn.append(
                _rectangle(min(x_of(held), _WIDTH - 6), y + 8, max(_WIDTH - 2 - x_of(held), 4), 14, "f1")
            )
            drawn.append(_line(x_of(floor), y + 4, x_of(floor), y + 26, "mark"))
        y = len(self.rows) * _ROW + 18
        drawn.append(_text(0, y, self.start, "start"))
        drawn.append(_text(_WIDTH - 2, y, self.end, "end"))
        return len(self.rows) * _ROW + 28, Markup("").join(drawn)


@dataclass(frozen=True)
class Calendar:
    """A row a month and a cell a day."""

    title: str
    description: str
    months: Sequence[tuple[str, dict[int, tuple[str, str]]]]
    """Label, and for each day its fill and its words."""
    legend: Sequence[Legend] = ()

    @property
    def is_empty(self) -> bool:
        return not self.months

    def body(self, separator: str) -> tuple[int, Markup]:
        left, row = 132, 25
        cell = (_WIDTH - left) / 31
        drawn: list[Markup] = []
        for day in (1, 5, 10, 15, 20, 25, 30):
            drawn.append(_text(left + cell * (day - 0.5), 16, str(day), "middle"))
        for position, (label, days) in enumerate(self.months):
            y = 26 + position * row
            drawn.append(_text(left - 8, y + 17, label, "end"))
            for day, (fill, words) in days.items():
                x = left + cell * (day - 1)
                drawn.append(_rectangle(x + 1, y + 1, cell - 2, row - 4, fill, words))
                if fill == "f3":
                    drawn.append(
                        Markup('<path class="cross" d="M{} {}l{} {}m0 -{}l-{} {}"/>').format(
                            *(
                                round(n, 1)
                                for n in (x + 5, y + 6, cell - 10, row - 14, row - 14, cell - 10, row - 14)
                            )
                        )
                    )
        return 26 + len(self.months) * row + 4, Markup("").join(drawn)


def svg(chart: Chart, name: str, separator: str) -> Markup:
    height, body = chart.body(separator)
    return Markup(
        '<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-desc">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{description}</desc>{body}</svg>'
    ).format(
        width=_WIDTH, height=height, name=name, title=chart.title, description=chart.description, body=body
    )


def _scale(highest: int) -> tuple[int, int]:
    """The top of the axis and the step of its lines: round numbers, three to five of them."""
    if highest <= 4:
        return max(highest, 1), 1
    power = 1
    while True:
        for factor in (1, 2, 5):
            step = factor * power
            if highest <= step * 4:
                return -(-highest // step) * step, step
        power *= 10


def _label_class(position: int, count: int) -> str | None:
    """Of many labels every n-th is shown; on a phone fewer."""
    every, on_phone = -(-count // _LABELS), -(-count // _PHONE_LABELS)
    on_phone = -(-on_phone // every) * every
    if position % every:
        return None
    return "minor" if position % on_phone else ""


def _number(separator: str, value: int) -> str:
    return f"{value:,}".replace(",", separator)


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> Markup:
    named = Markup(' class="{}"').format(kind) if kind else ""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}"{}>{}</text>').format(
        x, y, anchor, named, words
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        kind, x1, y1, x2, y2
    )


def _rectangle(x: float, y: float, width: float, height: float, fill: str, words: str = "") -> Markup:
    title = Markup("<title>{}</title>").format(escape(words)) if words else ""
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>').format(
        fill, x, y, width, height, title
    )
