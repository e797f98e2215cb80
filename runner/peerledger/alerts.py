"""`alerts`: what needs a person, and saying that somebody has seen to it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import psycopg
from rich.console import Console
from rich.table import Table

from peerledger.database import Connection, Database
from peerledger.errors import from_database
from peerledger.plan import require_migrated

_OPEN = "select * from private.open_alerts()"


@dataclass(frozen=True)
class Alert:
    id: uuid.UUID
    raised_at: datetime
    severity: str
    kind: str
    organisation: str | None
    message: str


def open_alerts(connection: Connection) -> list[Alert]:
    return [Alert(*row) for row in connection.execute(_OPEN).fetchall()]


def list_open(database: Database) -> list[Alert]:
    with database.connect() as connection:
        connection.read_only = True
        require_migrated(connection)
        return open_alerts(connection)


def acknowledge(database: Database, alert_id: uuid.UUID) -> None:
    with database.connect() as connection:
        require_migrated(connection)
        try:
            connection.execute("select public.acknowledge_alert(%s)", (alert_id,))
        except psycopg.Error as error:
            raise from_database(error) from error


def show(alerts: list[Alert]) -> None:
    console = Console(highlight=False)
    if not alerts:
        console.print("No alert is open.")
        return
    table = Table("since", "severity", "organisation", "what")
    for alert in alerts:
        table.add_row(
            f"{alert.raised_at:%Y-%m-%d %H:%M}",
            alert.severity,
            alert.organisation or "all",
            f"{alert.message}\n{alert.id}",
        )
    console.print(table, markup=False)
    console.print("When one has been seen to: peerledger alerts acknowledge ID")
