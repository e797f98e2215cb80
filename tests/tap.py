"""pgTAP files, run by psql as anyone would run them, and what their output says.

psql sends one statement at a time. Sent as one message, a whole file would see a single
statement_timestamp(), and whatever tells two statements apart by it would never be tested.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).parent / "pgtap"
FILES = tuple(sorted(ROOT.glob("*/*.sql")))

_ENVIRONMENT = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}


@dataclass(frozen=True)
class Output:
    lines: list[str]
    """What the queries returned."""
    messages: str
    """Errors and warnings, each with file and line."""
    is_complete: bool
    """Every statement was run."""

    def problem(self) -> str | None:
        """None when all is well, else what is wrong."""
        failed = sum(1 for line in self.lines if re.match(r"\s*not ok \d+", line))
        if failed:
            return f"{failed} failed"
        if not self.is_complete:
            return "an error ended it"
        plans = [int(found[1]) for line in self.lines if (found := re.fullmatch(r"1\.\.(\d+)", line))]
        if len(plans) != 1 or plans[0] == 0:
            return f"expected one plan, found {plans}"
        passed = [int(found[1]) for line in self.lines if (found := re.match(r"ok (\d+)", line))]
        if passed != list(range(1, plans[0] + 1)):
            return f"planned {plans[0]} but ran {passed}"
        if skipped := sum(
            1 for line in self.lines if re.match(r"ok \d+ .*# (SKIP|TODO)", line, re.IGNORECASE)
        ):
            return f"{skipped} skipped"
        return None

    def __str__(self) -> str:
        return "\n".join([*self.lines, self.messages])


def run(
    file: Path,
    dsn: str,
    database: str,
    tap_schema: str,
    settings: Sequence[str] = (),
) -> Output:
    """In a session of its own, which ends with whatever the file leaves open."""
    # Only here: what uses no pgTAP does without the wheel, as the runner does.
    from peerledger.embedded import BIN

    settings = [f"search_path={tap_schema}", *settings]
    given = conninfo_to_dict(dsn)
    quiet = ("--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1")
    process = subprocess.run(
        [BIN / "psql", *quiet, f"--dbname={database}", f"--file={file}"],
        env=os.environ
        | {name: str(given[key]) for key, name in _ENVIRONMENT.items() if key in given}
        | {"PGOPTIONS": " ".join(f"-c {setting}" for setting in settings), "PGCLIENTENCODING": "UTF8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Output(process.stdout.splitlines(), process.stderr.strip(), process.returncode == 0)
