"""`alerts`: what needs a person, and saying that somebody has seen to it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from peerledger.database import Connection, Database
from peerledger.errors import explained, one_line
from peerledger.plan import require_migrated, snapshot
from peerledger.queries import call, rows
from peerledger.screen import Console


@dataclass(frozen=True)
class Alert:
    id: uuid.UUID
    raised_at: datetime
    severity: str
    kind: str
    organisation: str | None
    message: str


def open_alerts(connection: Connection) -> list[Alert]:
    return [Alert(*row) for row in rows(connection, "private.open_alerts")]


def list_open(database: Database) -> list[Alert]:
    with snapshot(database) as connection:
        return open_alerts(connection)


def acknowledge(database: Database, alert_id: uuid.UUID) -> None:
    with database.connect() as connection, explained():
        require_migrated(connection)
        call(connection, "public.acknowledge_alert", alert_id)


def show(alerts: list[Alert]) -> None:
    """Lines are not cut: an id that ends at the edge of a screen or in a pipe acknowledges nothing."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if not alerts:
        console.print("No alert is open.")
        return
    for alert in alerts:
        console.print(
            f"{alert.raised_at:%Y-%m-%d %H:%M}  [{alert.severity}]  "
            f"{alert.organisation or 'all organisations'}: {one_line(alert.message)}"
        )
        console.print(f"  {alert.id}")
    console.print("Once one has been dealt with: peerledger alerts acknowledge ID")
