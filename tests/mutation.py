"""`make mutants`: changes the database in one small way after another; does a pgTAP file notice each?

Two sorts of mutants. What guards a table is taken away: policies, triggers, revokes, row level security.
And the bodies of functions are changed: a comparison turned, a condition left out, a constant changed, a
statement taken out, a lock dropped (see mutants.py). A mutant that nothing notices survives. It needs a test,
or a line in mutants_explained.toml that says why no test can notice it.

For a function only the files are run that reach it: those first that noticed its other mutants or do little
else than call it, and only until one fails. All mutants are shown to the first few files before the rest is
run for those that are left. What came out is kept in .mutants.jsonl: the next run asks again only where a
function or a file changed (not where what they call did; --fresh asks everything). Not part of `make test`:
it takes long.
"""

import argparse
import contextlib
import hashlib
import json
import queue
import re
import shutil
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import mutants
import psycopg
import tap
from conftest import ALL_TARGETS, EMBEDDED, Target, embedded_server, migrated_template
from mutants import Mutant
from servers import container_server

from peerledger.sqlfiles import ROOT

EXPLAINED = Path(__file__).parent / "mutants_explained.toml"
_KEPT = ROOT / ".mutants.jsonl"
# What never ends by itself is noticed, too.
_SETTINGS = ("statement_timeout=10s", "lock_timeout=10s")
# So many files see each mutant before any sees one a second time.
_FIRST = 8
_DURABILITY = ("fsync", "synchronous_commit", "full_page_writes")

_TAKEN_AWAY = {
    "policy": """
        select format('drop policy %I on %s', polname, polrelid::regclass)
        from pg_policy order by 1
    """,
    # Of a log's partitions the default one and one month stand for all.
    "trigger": """
        select format('drop trigger %I on %s', tgname, tgrelid::regclass)
        from pg_trigger
        inner join pg_class on pg_class.oid = tgrelid
        where
            not tgisinternal and tgparentid = 0 and relowner = 'peerledger_owner'::regrole
            and (not relispartition or relname ~
                ('(_default|' || to_char(now() at time zone 'utc', 'YYYY_MM') || ')$'))
        order by 1
    """,
    "trigger that a replica session skips": """
        select format('alter table %s enable trigger %I', tgrelid::regclass, tgname)
        from pg_trigger
        inner join pg_class on pg_class.oid = tgrelid
        where tgenabled = 'A' and tgparentid = 0 and not relispartition
        order by 1
    """,
    "revoke of a function": """
        select format('grant execute on function %s to public', oid::regprocedure)
        from pg_proc
        where
            pronamespace in ('public'::regnamespace, 'private'::regnamespace) and prokind = 'f'
            and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
        order by 1
    """,
    "revoke of a table": """
        select format('grant %s on %s to %I', privilege, relation.oid::regclass, role_name)
        from pg_class as relation
        cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as privilege
        cross join unnest(array['anon', 'authenticated', 'service_role']) as role_name
        where
            relation.relnamespace = 'public'::regnamespace and relation.relkind in ('r', 'p')
            and relation.relowner = 'peerledger_owner'::regrole
            and not has_table_privilege(role_name, relation.oid, privilege)
        order by 1
    """,
    "row level security": """
        select format('alter table %s %s', relation.oid::regclass, change)
        from pg_class as relation
        cross join unnest(array['disable row level security', 'no force row level security']) as change
        where relation.relrowsecurity and not relation.relispartition
        order by 1
    """,
}
_ATTRIBUTES = ("setting of a function", "security", "strictness", "volatility")

_CALLS = b"""
select sequencename, last_value from pg_sequences where schemaname = 'mutants' and last_value is not null
"""


@dataclass(frozen=True)
class Result:
    kind: str
    subject: str
    change: str
    outcome: str
    """noticed, survived, undecided (not every file has seen it), impossible (the server does not take it)."""
    by: str | None
    """The file that noticed it."""
    digest: str
    """Of the mutant and the files that decided."""

    @property
    def key(self) -> tuple[str, str]:
        return self.subject, self.change


@dataclass
class Campaign:
    target: Target
    files: dict[str, Path]
    seconds: dict[str, float] = field(default_factory=dict)
    reaching: dict[str, list[str]] = field(default_factory=dict)
    """For each function the files that reach it."""
    noticed: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _digests: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def database(self, name: str) -> Iterator[psycopg.Connection]:
        server = self.target.server
        server.clone_database(self.target.template, name)
        try:
            with psycopg.connect(server.dsn(server.superuser_dsn, name), autocommit=True) as connection:
                # What is recorded beside the transaction is not asked for here, and takes its time.
                connection.execute("drop extension if exists dblink")
                yield connection
        finally:
            server.drop_database(name)

    def run(self, file: str, database: str, *settings: str) -> tap.Output:
        assert self.target.tap_schema is not None
        return tap.run(
            self.files[file],
            self.target.server.superuser_dsn,
            database,
            self.target.tap_schema,
            (*_SETTINGS, *settings),
        )

    def measure(self) -> str | None:
        """How long each file takes and which functions it reaches; or which file fails without any mutant."""
        with self.database("mutants_measured") as connection:
            for file in self.files:
                started = time.perf_counter()
                output = self.run(file, "mutants_measured")
                self.seconds[file] = time.perf_counter() - started
                if problem := output.problem():
                    return f"{file}: {problem}\n{output}"
            # Sequences count also what is rolled back, and the calls that end in an error.
            connection.execute("create schema mutants")
            connection.execute("grant usage on schema mutants to public")
            functions = mutants.functions(connection)
            for number, function in enumerate(functions):
                connection.execute(f"create sequence mutants.reached_{number}".encode())
                connection.execute(f"grant usage on mutants.reached_{number} to public".encode())
                counted = mutants.with_first_statement(function, f"nextval('mutants.reached_{number}')")
                connection.execute(counted.encode())
            reached: dict[int, dict[str, int]] = defaultdict(dict)
            calls: dict[int, int] = defaultdict(int)
            for file in self.files:
                self.run(file, "mutants_measured")
                for sequence, last in connection.execute(_CALLS).fetchall():
                    number = int(sequence.removeprefix("reached_"))
                    if last > calls[number]:
                        reached[number][file] = last - calls[number]
                        calls[number] = last
        total = Counter[str]()
        for files in reached.values():
            total.update(files)
        for number, function in enumerate(functions):
            by_file = reached[number]
            share = {file: by_file[file] / total[file] for file in by_file}
            # Those first that do little else than call it.
            ranked = sorted((-share[file], self.seconds[file], file) for file in share)
            self.reaching[function.name] = [file for _, _, file in ranked]
        return None

    def files_for(self, mutant: Mutant) -> list[str]:
        files = self.reaching.get(mutant.subject)
        if files is None:
            files = sorted(self.files, key=self.seconds.__getitem__)
        elif mutant.kind in _ATTRIBUTES:
            # Also those that look at the catalog.
            files = [*files, *(file for file in self.files if file.startswith("catalog/"))]
        noticed = self.noticed[mutant.subject or mutant.kind]
        return sorted(files, key=lambda file: -noticed[file])

    def digest(self, mutant: Mutant, files: list[str]) -> str:
        texts = [mutant.statement, *(self._digest_of(file) for file in sorted(files))]
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]

    def _digest_of(self, file: str) -> str:
        if file not in self._digests:
            self._digests[file] = hashlib.sha256(self.files[file].read_bytes()).hexdigest()
        return self._digests[file]

    def ask(self, mutant: Mutant, is_last: bool, connection: psycopg.Connection, database: str) -> Result:

        def result(outcome: str, by: str | None, files: list[str]) -> Result:
            return Result(mutant.kind, mutant.subject, mutant.change, outcome, by, self.digest(mutant, files))

        try:
            connection.execute(mutant.statement.encode())
        except psycopg.Error:
            return result("impossible", None, [])
        files = self.files_for(mutant)
        for file in files if is_last else files[:_FIRST]:
            if self.run(file, database).problem():
                self.noticed[mutant.subject or mutant.kind][file] += 1
                return result("noticed", file, [file])
        return result("survived" if is_last or len(files) <= _FIRST else "undecided", None, files)


def still_holds(kept: Result, mutant: Mutant, campaign: Campaign) -> bool:
    files = {
        "impossible": [],
        "noticed": [kept.by] if kept.by in campaign.files else [],
        "survived": campaign.files_for(mutant),
        "undecided": campaign.files_for(mutant),
    }[kept.outcome]
    return kept.digest == campaign.digest(mutant, [file for file in files if file])


@dataclass(frozen=True)
class Todo:
    first: queue.SimpleQueue[Mutant] = field(default_factory=queue.SimpleQueue)
    rest: queue.SimpleQueue[Mutant] = field(default_factory=queue.SimpleQueue)

    def next(self) -> tuple[Mutant, bool] | None:
        for is_last, one in ((False, self.first), (True, self.rest)):
            with contextlib.suppress(queue.Empty):
                return one.get_nowait(), is_last
        return None


def work(campaign: Campaign, todo: Todo, number: int, stop: threading.Event) -> Iterator[Result]:
    """Function mutants share a database, in which each is undone; what is taken away gets one of its own."""
    shared = f"mutants_{number}"
    with campaign.database(shared) as connection:
        originals = {function.name: function.definition for function in mutants.functions(connection)}
        while not stop.is_set():
            if (following := todo.next()) is None:
                return
            mutant, is_last = following
            if mutant.kind in _TAKEN_AWAY:
                own = f"{shared}_own"
                with campaign.database(own) as another:
                    result = campaign.ask(mutant, is_last, another, own)
            else:
                result = campaign.ask(mutant, is_last, connection, shared)
                connection.execute(originals[mutant.subject].encode())
            if result.outcome == "undecided":
                todo.rest.put(mutant)
            yield result


def all_mutants(connection: psycopg.Connection) -> list[Mutant]:
    found = [
        Mutant(kind, "", statement, statement)
        for kind, query in _TAKEN_AWAY.items()
        for (statement,) in connection.execute(query.encode()).fetchall()
    ]
    for function in mutants.functions(connection):
        found += mutants.body_mutants(function)
    found += mutants.attribute_mutants(connection)
    # In an order that has to do with nothing: as far as a run gets, it is a fair sample.
    return sorted(
        found, key=lambda mutant: hashlib.sha256(f"{mutant.subject}{mutant.change}".encode()).digest()
    )


@dataclass(frozen=True)
class Explanation:
    kind: re.Pattern[str]
    subject: re.Pattern[str]
    change: re.Pattern[str]
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        parts = ((self.kind, mutant.kind), (self.subject, mutant.subject), (self.change, mutant.change))
        return all(pattern.fullmatch(text) for pattern, text in parts)


def explanations() -> list[Explanation]:
    """Why nothing can notice some of them."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["mutant"]
    return [
        Explanation(
            re.compile(entry["kind"]),
            re.compile(entry["subject"]),
            re.compile(entry["change"]),
            entry["reason"],
        )
        for entry in entries
    ]


def report(chosen: list[Mutant], results: dict[tuple[str, str], Result]) -> int:
    known = explanations()
    columns = ("noticed", "survived", "explained", "undecided", "impossible", "not run")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    survivors = []
    for mutant in chosen:
        result = results.get((mutant.subject, mutant.change))
        outcome = "not run" if result is None else result.outcome
        if outcome == "survived":
            if any(explanation.covers(mutant) for explanation in known):
                outcome = "explained"
            else:
                survivors.append(mutant)
        counts[mutant.kind][outcome] += 1
        counts["all"][outcome] += 1
    for mutant in sorted(survivors, key=lambda mutant: (mutant.subject, mutant.change)):
        print(f"survived ({mutant.kind}) {mutant.subject}: {mutant.change}")
    print(f"{'kind':40}" + "".join(f"{column:>12}" for column in ("mutants", *columns)))
    for kind, of_kind in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        print(f"{kind:40}{of_kind.total():12}" + "".join(f"{of_kind[column]:12}" for column in columns))
    return len(survivors)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", choices=ALL_TARGETS, default=EMBEDDED)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, help="stop then; the next run goes on from there")
    parser.add_argument("--subject", default="", help="only functions whose name has this regular expression")
    parser.add_argument("--kind", default="", help="only kinds that have this regular expression")
    parser.add_argument("--fresh", action="store_true", help="forget what is kept")
    parser.add_argument("--list", action="store_true", help="only say what the mutants are")
    parser.add_argument("--results", type=Path, default=_KEPT)
    arguments = parser.parse_args()
    if arguments.fresh:
        arguments.results.unlink(missing_ok=True)
    with (
        embedded_server() if arguments.target == EMBEDDED else container_server(arguments.target) as server,
        tempfile.TemporaryDirectory(prefix="peerledger-mutants-") as copied,
    ):
        # As they are now: somebody writes tests while this runs.
        shutil.copytree(tap.ROOT, copied, dirs_exist_ok=True)
        with psycopg.connect(server.superuser_dsn, autocommit=True) as superuser:
            for setting in _DURABILITY:
                superuser.execute(f"alter system set {setting} = off".encode())
            superuser.execute("select pg_reload_conf()")
        target = migrated_template(server)
        with psycopg.connect(server.dsn(server.superuser_dsn, target.template), autocommit=True) as superuser:
            chosen = [
                mutant
                for mutant in all_mutants(superuser)
                if re.search(arguments.subject, mutant.subject) and re.search(arguments.kind, mutant.kind)
            ]
        if arguments.list:
            for mutant in chosen:
                print(f"({mutant.kind}) {mutant.subject}: {mutant.change}")
            return 0
        names = [str(file.relative_to(tap.ROOT)) for file in tap.FILES]
        campaign = Campaign(target, {name: Path(copied, name) for name in names})
        if problem := campaign.measure():
            print(f"Without any mutant this fails already: {problem}")
            return 1
        results = go(campaign, chosen, arguments.results, arguments.workers, arguments.minutes)
    return 1 if report(chosen, results) else 0


def go(
    campaign: Campaign, chosen: list[Mutant], kept_in: Path, workers: int, minutes: float | None
) -> dict[tuple[str, str], Result]:
    results: dict[tuple[str, str], Result] = {}
    if kept_in.exists():
        for line in kept_in.read_text(encoding="utf-8").splitlines():
            kept = Result(**json.loads(line))
            results[kept.key] = kept
            if kept.by:
                campaign.noticed[kept.subject or kept.kind][kept.by] += 1
    todo = Todo()
    for mutant in chosen:
        known = results.get((mutant.subject, mutant.change))
        if known is None or not still_holds(known, mutant, campaign):
            results.pop((mutant.subject, mutant.change), None)
            todo.first.put(mutant)
        elif known.outcome == "undecided":
            todo.rest.put(mutant)
    done, lock, stop = 0, threading.Lock(), threading.Event()

    def worker(number: int) -> None:
        nonlocal done
        for result in work(campaign, todo, number, stop):
            with lock, kept_in.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
                results[result.key] = result
                done += 1
                if done % 50 == 0:
                    left = f"{todo.first.qsize()} to show to the first files, {todo.rest.qsize()} to the rest"
                    print(f"{done} done, {left}", file=sys.stderr, flush=True)

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 60 * minutes if minutes else float("inf")
    try:
        while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
            threads[0].join(timeout=1)
            threads[-1].join(timeout=1)
    except KeyboardInterrupt:
        print("Stopping after what is being asked now.", file=sys.stderr)
    stop.set()
    for thread in threads:
        thread.join()
    return results


if __name__ == "__main__":
    sys.exit(main())
