"""Reading CSV files line by line, without trusting them."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from peerledger.errors import RunnerError

_UNDECODABLE = re.compile("[\udc80-\udcff]")


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
    """UTF-8, comma, RFC 4180; the first line names the columns. An empty field is null."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            # A byte that is not UTF-8 becomes a lone surrogate, so that the other lines stay readable.
            text = path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
        except OSError as error:
            raise RunnerError(f"{path}: {error.strerror}.") from error
        self._reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            self.header = next(self._reader, [])
        except csv.Error as error:
            raise RunnerError(f"{self.name}, line 1: {error}.") from error
        if not any(self.header):
            raise RunnerError(f"{self.name}, line 1: the header with the names of the columns is missing.")

    def lines(self) -> Iterator[Line | BadLine]:
        while True:
            # A field may hold line breaks; the line is the one on which the record begins.
            number = self._reader.line_num + 1
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadLine(self.name, number, "", _csv_reason(error))
                continue
            if fields:
                yield self._checked(number, fields)

    def _checked(self, number: int, fields: list[str]) -> Line | BadLine:
        if len(fields) != len(self.header):
            return BadLine(
                self.name, number, "", f"has {len(fields)} fields, but the header has {len(self.header)}"
            )
        for column, value in zip(self.header, fields, strict=True):
            if "\0" in value:
                return BadLine(self.name, number, column, "holds a NUL character")
            if _UNDECODABLE.search(value):
                return BadLine(self.name, number, column, "is not UTF-8")
        return Line(number, tuple(value or None for value in fields))


def _csv_reason(error: csv.Error) -> str:
    words = str(error)
    if "unexpected end of data" in words:
        return "a quote is opened and never closed"
    if "expected after" in words:
        return "a quoted field goes on after its closing quote"
    if "field limit" in words:
        return f"a field is longer than {csv.field_size_limit()} characters; is a quote missing?"
    return words
