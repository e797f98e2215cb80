"""`migrate` while clients register activities: they wait a moment, and meet no error that they would not have met."""

import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from conftest import new_database

from peerledger.database import Database
from peerledger.errors import LockTimeoutError, RunnerError
from peerledger.migrate import check, migrate
from peerledger.sqlfiles import ROOT, Tree

PATIENCE = 120
NINA = "00000000-0000-4000-8000-000000000009"

_WORLD = """
insert into public.organisations (id, slug, name) values ('00000000-0000-4000-8000-000000000001', 'north', 'North');
insert into public.coordinator_assignments (organisation_id, user_id)
values ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000009');
insert into public.peer_mentors (organisation_id, user_id, display_name)
select '00000000-0000-4000-8000-000000000001', md5(number::text)::uuid, 'Mentor ' || number
from generate_series(1, 20) as number;
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (
    '00000000-0000-4000-8000-000000000001', 'five', 'Five', '{"metric": "activity_count", "at_least": 5}'
);
"""
_REGISTER = """
select count(*) from public.register_proxy_activities((
    select jsonb_agg(jsonb_build_object(
        'mentor_id', id, 'activity_type', 'walk', 'duration_minutes', 1, 'occurred_on', current_date - %s::int
    ))
    from (select id from public.peer_mentors order by random() limit 2) as two
))
"""
_REGISTER_ONE = """
select (public.register_proxy_activity(id, 'walk', current_date - %s::int, 1)).activity_type
from public.peer_mentors order by random() limit 1
"""
_INSERT = """
insert into public.activities (
    organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes
)
select organisation_id, id, (current_setting('request.jwt.claims')::jsonb ->> 'sub')::uuid, 'talk',
    current_date - %s::int, 1
from public.peer_mentors order by random() limit 1
returning id
"""
_READ = "select count(*) from public.proxy_audit_log where organisation_id is not null and %s > 0"


@dataclass
class Clients:
    """As they come through the REST API, one transaction a call, cancelled after 8 seconds."""

    address: str
    done: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, name: str, statement: str) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("set role authenticated; set statement_timeout = '8s'")
            claims = json.dumps({"sub": NINA, "role": "authenticated"})
            connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
            number = 0
            while not self.over.is_set():
                number += 1
                try:
                    connection.execute(statement.encode(), (number % 300 + 1,))
                except psycopg.Error as error:
                    self.errors.append(f"{name}: {error.sqlstate} {error}")
                    # The rest would only repeat it.
                    self.over.set()
                self.done[name] += 1

    def another_round(self) -> None:
        """Until each of them has come back twice: with a call that was begun since."""
        before = Counter(self.done)
        deadline = time.monotonic() + PATIENCE
        while not self.over.is_set() and any(self.done[name] < before[name] + 2 for name in before):
            assert time.monotonic() < deadline, "a client is stuck"
            time.sleep(0.01)


@contextmanager
def clients_of(address: str) -> Iterator[Clients]:
    clients = Clients(address)
    statements = {"many": _REGISTER, "one": _REGISTER_ONE, "insert": _INSERT, "read": _READ}
    with ThreadPoolExecutor(len(statements)) as threads:
        running: list[Future[None]] = []
        for name, statement in statements.items():
            clients.done[name] = 0
            running.append(threads.submit(clients.run, name, statement))
        try:
            yield clients
        finally:
            clients.over.set()
        for each in running:
            each.result(PATIENCE)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for folder in ("migrations", "sql"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return Tree(tmp_path)


@pytest.fixture
def database(own_server: str) -> Iterator[Database]:
    with new_database(own_server, "template0") as address:
        made = Database(address, True, None)
        migrate(made)
        with made.connect(autocommit=True) as connection:
            for statement in _WORLD.split(";\n"):
                connection.execute(statement.encode())
        yield made


def a_migration(tree: Tree, number: int) -> None:
    (tree.root / "migrations" / f"99{number:02}.more.sql").write_text(
        "set role peerledger_owner;\n"
        f"alter table public.activities add column extra_{number} text;\n"
        f"alter table public.proxy_audit_log add column extra_{number} text;\n"
        "reset role;\n"
    )


def test_clients_meet_no_error_while_migrations_go_on(database: Database, tree: Tree) -> None:
    """A column of the table that everybody writes to, and with it all functions, triggers and policies anew."""
    with clients_of(database.conninfo) as clients:
        clients.another_round()
        for number in range(3):
            a_migration(tree, number)
            migrate(database, tree=tree)
            clients.another_round()
    assert clients.errors == []
    # The description of access is that of other files.
    assert not [line for line in check(database, tree).lines() if "migrations" in line]


def test_changed_policies_are_replayed_without_an_error_for_clients(database: Database, tree: Tree) -> None:
    """Several at once, whose tables clients use in another order than that of the files."""
    with clients_of(database.conninfo) as clients:
        for _ in range(3):
            for name in ("activities.sql.j2", "proxy_audit_log.sql.j2", "peer_mentors.sql.j2"):
                file = tree.root / "sql" / "policies" / name
                file.write_text(file.read_text() + "-- One line more.\n")
            clients.another_round()
            migrate(database, tree=tree)
        clients.another_round()
    assert clients.errors == []


def test_a_session_that_is_idle_in_a_transaction_is_named_and_holds_up_nobody_else(
    database: Database, tree: Tree
) -> None:
    a_migration(tree, 0)
    said: list[str] = []
    with database.connect(application_name="somebody") as idle, clients_of(database.conninfo) as clients:
        idle.execute("select count(*) from public.activities")
        with pytest.raises(
            LockTimeoutError, match=r"public\.activities.* process \d+ \(somebody, idle in tr"
        ):
            migrate(database, wait_seconds=2, tree=tree, report=said.append)
        clients.another_round()
        assert clients.errors == []
        assert any("waiting for public.activities" in line and "somebody" in line for line in said)
        with database.connect() as other:
            found = other.execute(
                "select count(*) from pg_attribute where attname = 'extra_0' and not attisdropped"
            ).fetchone()
            assert found == (0,), "nothing of it was done"
        idle.rollback()
        migrate(database, tree=tree)
        clients.another_round()
    assert clients.errors == []


def test_a_migration_and_its_functions_come_together_or_not_at_all(database: Database, tree: Tree) -> None:
    """A fault in the last of the objects takes the migration back as well."""
    a_migration(tree, 0)
    (tree.root / "sql" / "policies" / "zzz.sql").write_text("select 1 / 0;\n")
    with pytest.raises(RunnerError, match="division by zero"):
        migrate(database, tree=tree)
    with database.connect() as connection:
        assert connection.execute(
            "select count(*) from pg_attribute where attname = 'extra_0' and not attisdropped"
        ).fetchone() == (0,)
    migrate(database)
    assert check(database).is_empty
