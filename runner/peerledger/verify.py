"""`verify`: recomputes what the seals say, from the entries or from the archive's files."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from psycopg import sql

from peerledger import archive, checkpoints, seal
from peerledger.checkpoints import Checkpoint
from peerledger.database import Connection, Database
from peerledger.errors import BrokenError, RunnerError
from peerledger.plan import snapshot
from peerledger.queries import about, ask, call, rows
from peerledger.settings import Settings

SOUND, FINDINGS, CANNOT_JUDGE, NOBODY_VOUCHES = 0, 1, 2, 3
_STEP = 65_536


@dataclass(frozen=True)
class Finding:
    problem: str
    log: str | None = None
    leaf_index: int | None = None
    entry_id: str | None = None
    entry_time: str | None = None

    def __str__(self) -> str:
        where = [
            self.log,
            f"entry {self.entry_id}" if self.entry_id else None,
            f"of {self.entry_time}" if self.entry_time else None,
            f"leaf {self.leaf_index:,}" if self.leaf_index is not None else None,
        ]
        said = " ".join(part for part in where if part)
        return f"{self.problem}: {said}" if said else self.problem


@dataclass
class Verdict:
    entries: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_vouched: bool = False

    @property
    def exit_code(self) -> int:
        if self.findings:
            return FINDINGS
        return SOUND if self.is_vouched else NOBODY_VOUCHES


def verify(
    database: Database,
    settings: Settings,
    *,
    first: int = 0,
    past: int | None = None,
    since: date | None = None,
    keys: Sequence[str] = (),
    seen: Sequence[Path] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Verdict:
    outside = [checkpoints.read_file(path) for path in seen]
    # Before the snapshot: sealing and signing go on meanwhile, and a tree that is older has not shrunk.
    own = _own_checkpoint(settings)
    verdict = Verdict()
    with snapshot(database, "verify") as connection:
        size = int(call(connection, "private.tree_size"))
        if since is not None:
            ((first,),) = ask(connection, "first_leaf_since", since=since)
        end = size if past is None else min(past, size)
        if size == 0:
            raise RunnerError("Nothing is sealed yet. Run `peerledger seal --once`.", CANNOT_JUDGE)
        if first < 0 or first > end:
            raise RunnerError(f"There are no entries from {first:,} to {end:,}; the tree has {size:,}.", 2)
        for start in range(first, end, _STEP):
            step_end = min(start + _STEP, end)
            found = ask(connection, "sealed_entry_problems", first=start, past=step_end)
            verdict.findings += [Finding(*row) for row in found]
            progress(step_end - first, end - first)
        verdict.entries = end - first
        verdict.findings += [
            Finding("without a leaf", log, None, entry_id, at)
            for log, entry_id, at in ask(connection, "unsealed_entries")
        ]
        verdict.notes += [
            f"{count:,} entries of {log} are archived; their leaves stand in for them."
            for log, count in ask(connection, "archived_entries", first=first, past=end)
        ]
        if (first, past, since) == (0, None, None):
            _compare_with_changes(connection, verdict)
        _against_checkpoints(connection, own, size, outside, keys, verdict)
    verdict.is_vouched = bool(outside or keys)
    return verdict


def _compare_with_changes(connection: Connection, verdict: Verdict) -> None:
    """Completeness: every change has its entry, every entry its change."""
    holes: Counter[str] = Counter()
    for check, log, subject, detail, hole in ask(connection, "log_gaps"):
        if hole is None:
            words = check.replace("_", " ")
            verdict.findings.append(Finding(f"{words} ({detail})" if detail else words, log, None, subject))
        else:
            holes[hole] += int(detail) if subject is None else 1
    verdict.notes += [
        f"{count:,} changes have no entry here, lawfully: {hole}." for hole, count in sorted(holes.items())
    ]


def _own_checkpoint(settings: Settings) -> Checkpoint | None:
    file = seal.own_directory(settings) / "checkpoint"
    return checkpoints.read_file(file) if file.exists() else None


def _against_checkpoints(
    connection: Connection,
    own: Checkpoint | None,
    size: int,
    outside: Sequence[Checkpoint],
    keys: Sequence[str],
    verdict: Verdict,
) -> None:
    known = [
        checkpoints.read(note, "A checkpoint of the database")
        for (note,) in ask(connection, "checkpoint_notes")
    ]
    origin = str(call(connection, "private.seal_origin"))
    if own is not None:
        known.append(own)
    for seen in outside:
        if seen.origin.split("/")[:2] != origin.split("/")[:2]:
            raise RunnerError(
                f"A seen checkpoint is of {seen.origin}, this database is {origin}.", CANNOT_JUDGE
            )
    for each in [*known, *outside]:
        try:
            seal.compare(connection, each, size)
        except BrokenError as error:
            said = error.message.split(" Nothing was signed.")[0]
            verdict.findings.append(Finding(said.rstrip(".")))
    if not known:
        verdict.notes.append("There is no checkpoint yet: run `peerledger seal --once`.")
    elif not known[-1].is_signed:
        verdict.notes.append("The newest checkpoint is not signed: no key is set.")
    judge = checkpoints.verifier()
    for key in keys:
        try:
            if not known:
                raise RunnerError("There is no checkpoint that the key could have signed.", CANNOT_JUDGE)
            judge.check_key(known[-1].note, key)
        except judge.NotValid as error:
            verdict.findings.append(Finding(f"the newest checkpoint: {error}"))
        except judge.CannotJudge as error:
            raise RunnerError(f"{error}.", CANNOT_JUDGE) from None


def verify_archive(
    database: Database,
    settings: Settings,
    directory: Path,
    *,
    keys: Sequence[str] = (),
    seen: Sequence[Path] = (),
) -> Verdict:
    """The lines of the files against the leaves of their months; needs no row of a log.

    A line that no leaf is, is *changed* when its id has a leaf and *without a leaf* otherwise. A leaf that no
    line is, is *missing*, unless the entry is still in the database or was erased.
    """
    outside = [checkpoints.read_file(path) for path in seen]
    # As in verify.
    own = _own_checkpoint(settings)
    verdict = Verdict()
    entries = archive.read_manifest(directory, must_exist=True)
    with snapshot(database, "verify") as connection:
        size = int(call(connection, "private.tree_size"))
        months: dict[tuple[str, str], list[archive.Entry]] = {
            (str(log), str(month)): [] for log, month in ask(connection, "archived_months")
        }
        for entry in entries:
            months.setdefault((entry.log, entry.month), []).append(entry)
        erased = 0
        for (log, month), files in sorted(months.items()):
            erased += _verify_month(connection, directory, log, month, files, verdict)
        if erased:
            verdict.notes.append(f"{erased:,} entries were erased by order; their leaves stand in for them.")
        verdict.findings += [
            Finding(problem, None, leaf)
            for problem, leaf in rows(connection, "private.seal_structure_problems", 0, size)
        ]
        _against_checkpoints(connection, own, size, outside, keys, verdict)
    verdict.is_vouched = bool(outside or keys)
    return verdict


def _verify_month(
    connection: Connection,
    directory: Path,
    log: str,
    month: str,
    files: Sequence[archive.Entry],
    verdict: Verdict,
) -> int:
    """Returns how many of its entries were erased."""
    judge = checkpoints.verifier()
    leaves: dict[str, tuple[bytes, int, str]] = {}
    is_erased: dict[str, bool] = {}
    query = about("month_leaves", {"public.the_log": sql.Identifier("public", log)})
    for entry_id, at, leaf, index, erased, is_there in connection.execute(
        query, {"log": log, "month": month}
    ):
        leaves[entry_id] = (bytes(leaf or b""), index, at)
        if erased or is_there:
            is_erased[entry_id] = bool(erased and not is_there)
    missing = dict(leaves)
    for file in files:
        try:
            archive.verify(directory, file)
        except RunnerError as error:
            verdict.findings.append(Finding(f"changed: {error.message.rstrip('.')}", log))
        try:
            for number, line in enumerate(archive.read_lines(directory / file.file), 1):
                verdict.entries += 1
                where = f"{file.file} line {number}"
                try:
                    entry_id = str(json.loads(line)["id"])
                    text = line.decode()
                except (ValueError, KeyError, TypeError):
                    verdict.findings.append(Finding(f"changed ({where} is no entry)", log))
                    continue
                known = leaves.get(entry_id)
                missing.pop(entry_id, None)
                if known is None:
                    verdict.findings.append(Finding(f"without a leaf ({where})", log, None, entry_id))
                elif judge.leaf(log, text) != known[0]:
                    verdict.findings.append(Finding(f"changed ({where})", log, known[1], entry_id, known[2]))
        except RunnerError as error:
            verdict.findings.append(Finding(f"missing: {error.message.rstrip('.')}", log))
    verdict.findings += [
        Finding("missing", log, index, entry_id, at)
        for entry_id, (_, index, at) in missing.items()
        if entry_id not in is_erased
    ][:1000]
    return sum(is_erased.get(entry_id, False) for entry_id in missing)
