"""`evidence`: the package that one hands to an auditor of one organisation.

Rows, the statements that say that these are all, proofs, the checkpoint, two programs of plain Python that
judge them, and a page that says how. It names nobody else: an entry of another organisation is a hash in it.
"""

import base64
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from peerledger import checkpoints, seal
from peerledger.database import Connection, Database
from peerledger.errors import RunnerError
from peerledger.files import writing
from peerledger.plan import require_migrated, snapshot
from peerledger.queries import ask, call, rows
from peerledger.settings import Settings

FORMAT = "peerledger-evidence/1"
_PAGE = Path(__file__).with_name("evidence_page.html")


def count_months(database: Database) -> int:
    """The statements of the months that are over, and their seals."""
    total = 0
    with database.connect(autocommit=True) as connection:
        require_migrated(connection)
        while True:
            counted = int(call(connection, "private.count_log_months", 50))
            total += counted
            if counted < 50:
                break
    if total:
        seal.seal(database)
    return total


def write(
    database: Database,
    settings: Settings,
    slug: str,
    first: date,
    last: date,
    directory: Path,
    *,
    seen: Sequence[Path] = (),
    report: Callable[[str], None] = lambda line: None,
) -> int:
    """Returns how many entries are in it."""
    if first > last:
        raise RunnerError("--from must not be after --to.", 2)
    sizes = [checkpoints.read_file(path).size for path in seen]
    if directory.exists() and any(directory.iterdir()):
        raise RunnerError(f"{directory} is not empty. Give a directory for this package alone.", 2)
    seal.seal(database)
    count_months(database)
    made = seal.checkpoint(database, settings)
    if made is None:
        raise RunnerError("Nothing is sealed yet.")
    with snapshot(database, "evidence") as connection:
        row = ask(connection, "organisation_by_slug", slug=slug).fetchone()
        if row is None:
            raise RunnerError(f"There is no organisation {slug}.", 2)
        organisation, name = str(row[0]), str(row[1])
        links = [_link(connection, *sorted((made.size, size))) for size in sizes]
        logs = _write_logs(connection, organisation, first, last, made.size, directory, report)
    manifest = {
        "format": FORMAT,
        "organisation_id": organisation,
        "organisation": slug,
        "from": f"{first:%Y-%m}",
        "to": f"{last:%Y-%m}",
        "checkpoint": made.note,
        "consistency": links,
        "logs": logs,
    }
    _put(directory, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    _put(directory, "checkpoint", made.note)
    for verifier in (checkpoints.VERIFIER, checkpoints.PACKAGE_VERIFIER):
        shutil.copyfile(verifier, directory / verifier.name)
    entries = sum(int(month["entries"]) for months in logs.values() for month in months.values())
    _put(directory, "index.html", _page(name, manifest, entries, made))
    return entries


def _write_logs(
    connection: Connection,
    organisation: str,
    first: date,
    last: date,
    size: int,
    directory: Path,
    report: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    judge = checkpoints.package_verifier()
    logs: dict[str, dict[str, Any]] = {}
    for (log,) in ask(connection, "sealed_logs").fetchall():
        logs[log] = {}
        for month in _months(first, last):
            entries = rows(connection, "private.evidence_entries", organisation, log, month, size)
            leaves = [leaf for _, leaf, _, _ in entries]
            statement = _statement(connection, organisation, log, month, size)
            if statement is not None:
                counted = json.loads(statement["line"])["details"]
                # An entry that came after it: the next statement will have it.
                if (counted["entries"], counted["root"]) != (len(entries), judge.list_root(leaves).hex()):
                    statement = None
            base = f"logs/{log}/{month:%Y-%m}"
            lines = []
            for index, leaf, line, is_erased in entries:
                row: dict[str, Any] = {"index": index, "leaf": leaf.hex()}
                row |= {"erased": True} if is_erased else {"line": line}
                if statement is None:
                    row["inclusion"] = _base64(call(connection, "private.inclusion_proof", index, size))
                lines.append(json.dumps(row, ensure_ascii=False) + "\n")
            _put(directory, f"{base}.jsonl", "".join(lines))
            hashes = [[index, leaf.hex()] for index, leaf, _, _ in entries]
            _put(directory, f"{base}.leaves.json", json.dumps(hashes))
            if statement is not None:
                _put(directory, f"{base}.statement.json", json.dumps(statement, ensure_ascii=False, indent=1))
            logs[log][f"{month:%Y-%m}"] = {
                "file": f"{base}.jsonl",
                "leaves": f"{base}.leaves.json",
                "statement": None if statement is None else f"{base}.statement.json",
                "entries": len(entries),
            }
        report(f"{log}: {sum(month['entries'] for month in logs[log].values()):,} entries")
    return logs


def _statement(
    connection: Connection, organisation: str, log: str, month: date, size: int
) -> dict[str, Any] | None:
    entry = ask(
        connection, "month_statement_entry", organisation=organisation, log=log, month=month, size=size
    ).fetchone()
    return dict(call(connection, "private.pocket_proof", "security_events", *entry, size)) if entry else None


def _link(connection: Connection, old: int, new: int) -> dict[str, Any]:
    hashes = _base64(call(connection, "private.consistency_proof", old, new))
    return {"from": old, "to": new, "hashes": hashes}


def _base64(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(each).decode() for each in hashes]


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _put(directory: Path, name: str, text: str) -> None:
    path = directory / name
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text, encoding="utf-8", newline="\n")


def _page(name: str, manifest: dict[str, Any], entries: int, made: checkpoints.Checkpoint) -> str:
    period = f"{manifest['from']} – {manifest['to']}"
    return _PAGE.read_text(encoding="utf-8").format(
        name=escape(name),
        period=escape(period),
        entries_nb=f"{entries:,}".replace(",", "\u00a0"),
        entries_en=f"{entries:,}",
        size=f"{made.size}",
        root=checkpoints.grouped(made.root),
        origin=escape(made.origin),
        proof_sha256=checkpoints.verifier_sha256(),
        package_sha256=checkpoints.package_verifier_sha256(),
    )
