"""What runs, in its order, from an entry point on: read out of the functions and the triggers themselves.

A function is followed where a body calls it, a trigger where a body writes to its table. What a branch keeps
from running on most days is listed as well: this is what may run, not a trace.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from peerledger.database import Connection

ROOT = Path(__file__).parent.parent

# The entry points of each way: functions, or a table and what happens to it.
WAYS = {
    "An activity is inserted": ("insert activities",),
    "A status change reaches the website": (
        "public.transition_mentor_status",
        "public.claim_hlf_sync",
        "public.complete_hlf_sync",
    ),
    "A coordinator registers in bulk": ("public.register_proxy_activities",),
    "The night": ("private.run_night",),
    "A message": ("public.claim_notifications", "public.complete_notifications"),
    "A log entry, and an attempt to change it": (
        "insert proxy_audit_log",
        "update proxy_audit_log",
    ),
}

_FUNCTIONS = """
select pronamespace::regnamespace || '.' || proname, prosrc, obj_description(oid, 'pg_proc')
from pg_proc
where
    pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and proowner = 'peerledger_owner'::regrole
order by oid
"""
# In the order in which they fire: before, the row, after; of each kind by name.
_TRIGGERS = """
select
    relation.relname,
    trigger.tgname,
    trigger.tgfoid::regproc::text,
    trigger.tgtype & 4 <> 0,
    trigger.tgtype & 8 <> 0,
    trigger.tgtype & 16 <> 0
from pg_trigger as trigger
inner join pg_class as relation on relation.oid = trigger.tgrelid
where not trigger.tgisinternal and relation.relnamespace = 'public'::regnamespace
order by relation.relname, trigger.tgtype & 2 desc, trigger.tgname collate "C"
"""
_STEP = re.compile(
    r"--[^\n]*|\b(?P<function>(?:public|private)\.\w+)\s*\("
    r"|\b(?P<event>insert\s+into|update|delete\s+from)\s+(?:only\s+)?public\.(?P<table>\w+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Step:
    depth: int
    name: str
    purpose: str
    trigger: str | None
    """`<table> <trigger>` where a trigger calls it."""
    is_above: bool
    """What it calls stands with an earlier way."""


class Paths:
    def __init__(self, connection: Connection) -> None:
        self._functions = {
            name: (body, purpose) for name, body, purpose in connection.execute(_FUNCTIONS).fetchall()
        }
        self._triggers = connection.execute(_TRIGGERS).fetchall()
        self._told: set[str] = set()

    def walk(self, *entries: str) -> list[Step]:
        seen: set[str] = set()
        steps = [step for entry in entries for step in self._enter(entry, seen, 0)]
        self._told |= seen
        return steps

    def _enter(self, entry: str, seen: set[str], depth: int) -> Iterator[Step]:
        if "." in entry:
            yield from self._call(entry, None, seen, depth)
        else:
            event, table = entry.split()
            yield from self._write(event, table, seen, depth)

    def _write(self, event: str, table: str, seen: set[str], depth: int) -> Iterator[Step]:
        for found, trigger, function, *fires in self._triggers:
            if found == table and fires[("insert", "delete", "update").index(event)]:
                yield from self._call(function, f"{table} {trigger}", seen, depth)

    def _call(self, name: str, trigger: str | None, seen: set[str], depth: int) -> Iterator[Step]:
        if name not in self._functions or name in seen:
            return
        seen.add(name)
        body, purpose = self._functions[name]
        is_above = name in self._told and any(
            step["function"] or step["event"] for step in _STEP.finditer(body)
        )
        yield Step(depth, name, _first_sentence(purpose), trigger, is_above)
        for step in _STEP.finditer("" if is_above else body):
            if step["function"]:
                yield from self._call(step["function"].lower(), None, seen, depth + 1)
            elif step["event"]:
                event = step["event"].split()[0].lower()
                yield from self._write(event, step["table"], seen, depth + 1)


def call_paths(connection: Connection) -> str:
    """The Markdown of all ways."""
    paths = Paths(connection)
    lines = []
    for title, entries in WAYS.items():
        lines += [f"### {title}\n"]
        for step in paths.walk(*entries):
            name = step.name.split(".")[1]
            where = f"[`{name}`](../{_file(name).relative_to(ROOT)})"
            by = f" *({step.trigger})*" if step.trigger else ""
            above = " ↑" if step.is_above else ""
            lines.append(f"{'  ' * step.depth}- {where}{by}: {step.purpose}{above}")
        lines.append("")
    return "\n".join(lines)


def _file(name: str) -> Path:
    """Its own file; of a function that a constraint needs, the migration that made them."""
    for path in (ROOT / "sql" / "functions").rglob(f"{name}.sql*"):
        return path
    for path in sorted((ROOT / "migrations").glob("*.sql")):
        if path.name.endswith(".rollback.sql"):
            continue
        if re.search(rf"function \w+\.{name}\b", path.read_text(encoding="utf-8")):
            return path
    raise LookupError(f"{name} stands in no file")


def _first_sentence(comment: str | None) -> str:
    words = re.sub(r"\s+", " ", comment or "").replace("|", "\\|").replace("<", "\\<")
    return re.split(r"(?<=[.;]) |(?<=:) (?=[A-Z])", words)[0].rstrip(".:;") + "."
