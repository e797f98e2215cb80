"""Reading CSV files as people's spreadsheets save them, line by line and without trusting them."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from peerledger.errors import RunnerError

_UNDECODABLE = re.compile("[\udc80-\udcff]")
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*")
# No field is longer: activity_notes.body holds 20,000 characters. What goes on beyond it is an open quote.
_LONGEST_RECORD = 100_000
_NEVER_CLOSED = "a quote is opened and never closed"


@dataclass(frozen=True, order=True)
class BadLine:
    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}, line {self.line}{column}: {self.reason}"


@dataclass(frozen=True)
class Line:
    number: int
    values: tuple[str | None, ...]


class CsvFile:
    """RFC 4180 in UTF-8, with commas or semicolons; the first line names the columns. An empty field is null.

    What Excel adds is read past: a byte order mark, a line `sep=;`, empty columns and empty lines at the end.
    """

    def __init__(self, path: Path, known_columns: Iterable[str]) -> None:
        self.name = path.name
        self._path = path
        head = next(self._physical_lines(), (1, ""))[1]
        if "\0" in head[:4]:
            raise RunnerError(f"{self.name} is UTF-16. Save it as “CSV UTF-8 (comma delimited)”.")
        declared = _SEPARATOR_LINE.fullmatch(head)
        self._skipped = 1 if declared else 0
        lines = self._physical_lines()
        for _ in range(self._skipped):
            next(lines)
        header = next(lines, (1, ""))[1]
        self._delimiter = declared[1] if declared else _delimiter(header, set(known_columns))
        if self._delimiter not in ",;":
            raise RunnerError(
                f"{self.name} is separated by {_named(self._delimiter)}. "
                "Save it as CSV, with commas or semicolons."
            )
        try:
            names = next(csv.reader([header], delimiter=self._delimiter, strict=True), [])
        except csv.Error as error:
            raise RunnerError(f"{self.name}, line {self._skipped + 1}: {_reason(error)}.") from error
        self.header = [name.strip() for name in names]
        while self.header and not self.header[-1]:
            self.header.pop()
        where = f"{self.name}, line {self._skipped + 1}"
        if not self.header:
            raise RunnerError(f"{where}: the header with the names of the columns is missing.")
        if "" in self.header:
            raise RunnerError(f"{where}: column {self.header.index('') + 1} has no name.")

    def lines(self) -> Iterator[Line | BadLine]:
        """Each record once. One that cannot be read is one bad line; reading goes on with the next line."""
        source = _Source(self._physical_lines(), self._skipped + 1)
        reader = csv.reader(source, delimiter=self._delimiter, strict=True)
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                reason = _NEVER_CLOSED if source.spans_lines else _reason(error)
                number = source.retry_after_first()
                reader = csv.reader(source, delimiter=self._delimiter, strict=True)
                yield BadLine(self.name, number, "", reason)
                continue
            checked = self._checked(source.first, fields) if any(fields) else None
            if isinstance(checked, BadLine) and source.spans_lines and not checked.column:
                # A wrong number of fields over several lines: a quote that a later one happened to close.
                source.retry_after_first()
                reader = csv.reader(source, delimiter=self._delimiter, strict=True)
                checked = BadLine(self.name, checked.line, "", _NEVER_CLOSED)
            else:
                source.accept()
            if checked is not None:
                yield checked

    def _physical_lines(self) -> Iterator[tuple[int, str]]:
        try:
            # A byte that is not UTF-8 becomes a lone surrogate, so that the other lines stay readable.
            with self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                yield from enumerate(file, 1)
        except OSError as error:
            raise RunnerError(f"{self._path}: {error.strerror}.") from error

    def _checked(self, number: int, fields: list[str]) -> Line | BadLine:
        wanted = len(self.header)
        if len(fields) < wanted or any(fields[wanted:]):
            return BadLine(self.name, number, "", f"has {len(fields)} fields, but the header has {wanted}")
        for column, value in zip(self.header, fields, strict=False):
            if "\0" in value:
                return BadLine(self.name, number, column, "holds a NUL character")
            if _UNDECODABLE.search(value):
                return BadLine(self.name, number, column, _encoding_reason(value))
        return Line(number, tuple(value or None for value in fields[:wanted]))


class _Source:
    """Physical lines for a csv.reader. Those of the unfinished record are kept: it may be read again."""

    def __init__(self, lines: Iterator[tuple[int, str]], skipped: int) -> None:
        self._lines = lines
        self._again: list[tuple[int, str]] = []
        self._record: list[tuple[int, str]] = []
        self._length = 0
        for _ in range(skipped):
            next(self._lines, None)

    def __iter__(self) -> "_Source":
        return self

    def __next__(self) -> str:
        if self._length > _LONGEST_RECORD:
            raise csv.Error("unexpected end of data")
        line = self._again.pop() if self._again else next(self._lines)
        self._record.append(line)
        self._length += len(line[1])
        return line[1]

    @property
    def first(self) -> int:
        return self._record[0][0]

    @property
    def spans_lines(self) -> bool:
        return len(self._record) > 1

    def accept(self) -> None:
        self._record.clear()
        self._length = 0

    def retry_after_first(self) -> int:
        number = self.first
        self._again.extend(reversed(self._record[1:]))
        self.accept()
        return number


def _delimiter(header: str, known: set[str]) -> str:
    """Whichever makes more of the header columns of the table, or else more columns."""

    def fit(mark: str) -> tuple[int, int]:
        names = {name.strip().strip('"') for name in header.split(mark)}
        return len(known & names), header.count(mark)

    return max(",;\t|", key=fit)


def _named(delimiter: str) -> str:
    return {"\t": "tabs", " ": "blanks"}.get(delimiter, f"“{delimiter}”")


def _encoding_reason(value: str) -> str:
    as_windows = value.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    letters = sorted({letter for letter in as_windows if letter in "æøåÆØÅéäöü"})
    guess = f" (it looks like Windows-1252: {', '.join(letters)})" if letters else ""
    return f"is not UTF-8{guess}: save the file as “CSV UTF-8”"


def _reason(error: csv.Error) -> str:
    words = str(error)
    if "unexpected end of data" in words or "field limit" in words:
        return _NEVER_CLOSED
    if "expected after" in words:
        return "a quoted field goes on after its closing quote"
    return words
