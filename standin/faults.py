"""What goes wrong, and for which request."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID


@dataclass(frozen=True)
class Fault:
    """Answers with `status` instead of doing what was asked. Without one, the request is done as asked."""

    status: int | None = None
    retry_after: str | None = None
    """Sent as it is: seconds, a date, or nonsense."""
    latency: float = 0.0
    """Seconds before anything is done."""
    latency_after: float = 0.0
    """Seconds between doing it and answering: the caller's time-out comes after the write."""
    waits_for: threading.Event | None = field(default=None, repr=False)
    """Nothing is done before it is set."""
    answers_after: threading.Event | None = field(default=None, repr=False)
    """Done at once, and not answered before it is set."""
    cut: Literal["before", "after"] | None = None
    """Reset the connection before the request is done, or after it was done and without an answer."""
    body: bytes | None = None
    content_type: str = "application/json"
    location: str | None = None
    raw: bytes | None = None
    """These bytes instead of an HTTP answer."""
    revokes_tokens: bool = False


HTML_PAGE = Fault(
    status=200, body=b"<!doctype html><title>Sign in</title>", content_type="text/html; charset=utf-8"
)


@dataclass
class Faults:
    """For a contact first, then the next in the general queue, then the one that is always there."""

    always: Fault | None = None
    _queue: deque[Fault] = field(default_factory=deque)
    _by_contact: dict[UUID, deque[Fault]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *faults: Fault, contact: UUID | None = None) -> None:
        with self._lock:
            queue = self._queue if contact is None else self._by_contact.setdefault(contact, deque())
            queue.extend(faults)

    def clear(self) -> None:
        with self._lock:
            self.always = None
            self._queue.clear()
            self._by_contact.clear()

    def take(self, contact: UUID | None) -> Fault:
        with self._lock:
            own = self._by_contact.get(contact) if contact is not None else None
            for queue in (own, self._queue):
                if queue:
                    return queue.popleft()
            return self.always or Fault()
