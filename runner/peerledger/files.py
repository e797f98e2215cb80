"""Files that are written: whole, on the disk, and with an error that names them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peerledger.errors import RunnerError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What keeps it from being written is said in one line."""
    try:
        yield
    except OSError as error:
        raise RunnerError(f"{path} cannot be written ({error.strerror or error}).") from error


def write_whole(path: Path, text: str) -> None:
    """Whole or not at all, and on the disk when this returns."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        sync(part)
        part.replace(path)
        sync(path.parent)


def sync(path: Path) -> None:
    """A file, or what a directory says of its files."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
