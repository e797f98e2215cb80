"""`make bench`: what the database's work costs, as ratios measured side by side in one run.

Each system measures on a database of its own, on an embedded server or on the one whose superuser's address
PEERLEDGER_BENCH_URL holds. `python -m bench badges` runs one of them.
"""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from bench import new_database
from peerledger.database import open_database
from peerledger.settings import Settings

# Absolute figures, and minutes: only when it is asked for by name.
ON_REQUEST = ("scale",)
SYSTEMS = ("badges", "certifications", "proxy", "website_sync", "dynamics", "logs", "seals")


def main(chosen: list[str]) -> int:
    if unknown := set(chosen) - {*SYSTEMS, *ON_REQUEST}:
        print(
            f"bench: there is no {', '.join(sorted(unknown))}; "
            f"choose from {', '.join((*SYSTEMS, *ON_REQUEST))}."
        )
        return 2
    console = Console()
    url = os.environ.get("PEERLEDGER_BENCH_URL")
    with (
        tempfile.TemporaryDirectory(prefix="peerledger-bench-", ignore_cleanup_errors=True) as directory,
        open_database(
            Settings(data_dir=Path(directory), database_url=SecretStr(url) if url else None)
        ) as server,
    ):
        for system in chosen or SYSTEMS:
            opened = new_database(server, f"bench_{system}")
            made = importlib.import_module(f"bench.{system}").measure(opened)
            for table in made if isinstance(made, Iterator) else (made,):
                console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
