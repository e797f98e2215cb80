"""Every request that came in, in the order in which they came."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass
class Request:
    method: str
    path: str
    contact_id: UUID | None
    headers: dict[str, str]
    body: Any
    started_at: float
    """Of the monotonic clock."""
    finished_at: float | None = None
    status: int | None = None
    """What was answered; None when the connection was cut."""
    applied: bool = False
    """The row was changed, whatever was answered."""
    applied_at: int | None = None
    """The how-manieth change of any row it was."""

    @property
    def is_token_request(self) -> bool:
        return self.path.endswith("/oauth2/v2.0/token")


@dataclass
class Journal:
    _entries: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    in_flight: int = 0
    most_in_flight: int = 0

    def begin(self, entry: Request) -> None:
        with self._lock:
            self._entries.append(entry)
            if not entry.is_token_request:
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def end(self, entry: Request, now: float) -> None:
        with self._lock:
            entry.finished_at = now
            if not entry.is_token_request:
                self.in_flight -= 1

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self.most_in_flight = self.in_flight

    def __iter__(self) -> Iterator[Request]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def patches(self, contact_id: UUID | None = None) -> list[Request]:
        return [
            entry
            for entry in self
            if entry.method == "PATCH" and (contact_id is None or entry.contact_id == contact_id)
        ]

    def token_requests(self) -> list[Request]:
        return [entry for entry in self if entry.is_token_request]
