"""`demo`: the whole system on sample data."""

from pathlib import Path

from rich.console import Console

from runner import load as load_command
from runner import status
from runner.database import Database
from runner.migrate import migrate
from runner.settings import Settings


def run(database: Database, settings: Settings, samples: Path) -> None:
    progress = Console(stderr=True, highlight=False, markup=False)
    progress.print(f"Working on {database.name}.")
    migrate(database, settings.migrate_wait_seconds)
    progress.print(f"Loading {samples.name} …")
    load_command.run(database, samples)
    with database.connect() as connection:
        Console().print(status.table(status.organisations(connection)))
