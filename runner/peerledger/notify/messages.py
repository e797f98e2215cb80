"""What a claim hands out, and what is said of an attempt. What follows from it, the database decides."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

ErrorKind = Literal[
    "timeout",
    "connection",
    "unregistered",
    "bad_response",
    "no_address",
    "no_text",
    "token_refused",
    "not_sent",
]


@dataclass(frozen=True)
class Device:
    id: UUID
    token: str = field(repr=False)


@dataclass(frozen=True)
class Message:
    """One claimed notification, or one digest of many, under the id of its first."""

    id: UUID
    organisation_id: UUID
    organisation_name: str
    kind: str
    locale: str
    recipient_user_id: UUID | None
    recipient_mentor_id: UUID | None
    payload: dict[str, Any]
    badge_name: str | None
    devices: tuple[Device, ...]
    attempts: int
    created_at: datetime
    lease_expires_at: datetime
    is_on_website: bool
    """The organisation keeps a public website up to date."""

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Message":
        devices = tuple(Device(UUID(device["id"]), device["token"]) for device in row["devices"])
        return cls(**{**row, "devices": devices})


@dataclass(frozen=True)
class Attempt:
    """One try at one address: a device, or wherever the transport sends."""

    response_code: int | None = None
    error_kind: ErrorKind | None = None
    retry_after: str | None = None
    device_id: UUID | None = None

    def as_result(self, message: Message, worker: str) -> dict[str, Any]:
        return {
            "id": str(message.id),
            "worker": worker,
            "device_id": None if self.device_id is None else str(self.device_id),
            "response_code": self.response_code,
            "error_kind": self.error_kind,
            # A header that long is not one.
            "retry_after": None if self.retry_after is None else self.retry_after[:100],
        }
