"""`make bench`: what the database's work costs, as ratios measured side by side in one run.

Each system measures on an embedded database of its own. `python -m bench badges` runs one of them.
"""

import importlib
import sys
import tempfile
from pathlib import Path

from psycopg import sql
from psycopg.conninfo import make_conninfo
from rich.console import Console

from peerledger.database import Database, open_database
from peerledger.migrate import migrate
from peerledger.settings import Settings

SYSTEMS = ("badges", "certifications", "proxy", "website_sync", "dynamics", "logs", "seals")


def main(chosen: list[str]) -> int:
    if unknown := set(chosen) - set(SYSTEMS):
        print(f"bench: there is no {', '.join(sorted(unknown))}; choose from {', '.join(SYSTEMS)}.")
        return 2
    console = Console()
    with (
        tempfile.TemporaryDirectory(prefix="peerledger-bench-", ignore_cleanup_errors=True) as directory,
        open_database(Settings(data_dir=Path(directory), database_url=None)) as server,
    ):
        for system in chosen or SYSTEMS:
            with server.connect(autocommit=True) as connection:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(f"bench_{system}")))
            opened = Database(make_conninfo(server.conninfo, dbname=f"bench_{system}"), True, server.psql)
            migrate(opened)
            console.print(importlib.import_module(f"bench.{system}").measure(opened))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
