"""Restored by each way in docs/restore.md: noticed before `migrate`, and equal to the original after it."""

import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import psycopg
import pytest
from sealing import problems, settings
from servers import Server, container_server, engine_error

from peerledger import seal
from peerledger.database import Database as RunnerDatabase
from peerledger.errors import RunnerError
from peerledger.migrate import check, migrate, prepare
from peerledger.status import read

# In one process: each pair of servers is started once.
pytestmark = pytest.mark.xdist_group("restore")
OURS = ("--schema=public", "--schema=private")
# Kept by `migrate` in the new project, and not the old one's to say.
BOOKKEEPING = (
    "sql_files",
    "access_description",
    "_yoyo*",
    "logs",
    "log_guard_marks",
    "seal_codes",
    "seal_forms",
    "recording_state",
)
# What `migrate` puts there, and the old project has, too.
MAKE_ROOM = (
    "set session_replication_role = replica; delete from private.seal_state; delete from public.grant_rules;"
)
ANON_MAY = """
select count(*) from (
    select from pg_proc
    where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and proowner = to_regrole('peerledger_owner') and has_function_privilege('anon', oid, 'execute')
    union all
    select from pg_class
    where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind in ('r', 'p')
    and has_table_privilege('anon', oid, 'select, insert, update, delete, truncate')
) as open_door
"""


@pytest.fixture(scope="session", params=["supabase15", "supabase17", "supabase15 to supabase17"])
def servers(request: pytest.FixtureRequest) -> Iterator[tuple[Server, Server]]:
    """Where the dump is taken, and another project: a cluster without any role of ours."""
    if reason := engine_error():
        pytest.skip(reason)
    chosen = request.config.getoption("--target") or ["supabase15", "supabase17"]
    source, _, goal = str(request.param).partition(" to ")
    if not {source, goal or source} <= set(chosen):
        pytest.skip("not among the chosen servers")
    with container_server(source) as old, container_server(goal or source) as new:
        yield old, new


@dataclass(frozen=True)
class Project:
    server: Server
    name: str

    @property
    def runner(self) -> RunnerDatabase:
        return RunnerDatabase(self.server.dsn(self.server.migrator_dsn, self.name), False, None)

    def superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.server.dsn(self.server.superuser_dsn, self.name), autocommit=True)

    def run(self, *command: str, stdin: bytes = b"", role: str = "postgres", fails: bool = False) -> bytes:
        done = self.server.client(*command, f"--username={role}", f"--dbname={self.name}", stdin=stdin)
        assert fails or done.returncode == 0, done.stderr.decode()
        return done.stdout


@pytest.fixture(scope="session")
def runner_directory(servers: tuple[Server, Server], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runner keeps its key and its own copy of the last checkpoint: it goes with the runner."""
    return tmp_path_factory.mktemp("runner")


@pytest.fixture(scope="session")
def original(servers: tuple[Server, Server], runner_directory: Path) -> Project:
    project = Project(servers[0], "original")
    servers[0].create_empty_database("original")
    migrate(project.runner)
    with project.superuser() as connection:
        connection.execute(ROWS.encode())
    seal.seal(project.runner)
    assert seal.checkpoint(project.runner, settings(runner_directory)) is not None
    return project


@pytest.fixture
def fresh(servers: tuple[Server, Server]) -> Iterator[Project]:
    name = f"restored_{uuid.uuid4().hex}"
    servers[1].create_empty_database(name)
    yield Project(servers[1], name)
    servers[1].drop_database(name)
    # The next one is restored by somebody who has no such role yet.
    with psycopg.connect(servers[1].superuser_dsn, autocommit=True) as connection:
        connection.execute("drop role if exists peerledger_owner")


ENTRY = """
insert into public.badge_evaluation_logs (
    id, peer_mentor_id, org_id, triggered_at, badges_evaluated, criteria_outcomes, badges_awarded,
    duration_ms, activity_ids, source
)
values (
    gen_random_uuid(), '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001',
    '2024-03-05', '[]', '{}', '{}', 1, '{}', 'manual'
);
"""
ROWS = (
    ENTRY
    + """
set session_replication_role = origin;
insert into public.organisations (id, slug, name)
values ('00000000-0000-4000-8000-000000000001', 'north', 'North');
insert into public.peer_mentors (id, organisation_id, display_name, status)
values ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 'Kari', 'active');
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (
    '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', 'walk', '2026-02-01', 30
);
select private.ensure_log_partitions();
select private.set_log_retention('proxy_audit_log', 72);
"""
)


def described(project: Project) -> list[tuple[object, ...]]:
    with project.superuser() as connection:
        return (
            connection.execute(
                "select kind, found_in, aspect, value from private.describe_access() order by 1, 2, 3, 4"
            ).fetchall()
            + connection.execute(
                "select relname, relowner::regrole::text from pg_class "
                "where relnamespace in ('public'::regnamespace, 'private'::regnamespace) "
                "and relkind in ('r', 'p', 'S') order by 1"
            ).fetchall()
        )


def counted(project: Project) -> dict[str, int]:
    with project.superuser() as connection:
        names = [
            row[0]
            for row in connection.execute(
                "select oid::regclass::text from pg_class where relkind in ('r', 'p') and not relispartition "
                "and relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
            )
        ]
        rows = {
            name: connection.execute(f"select count(*) from {name}".encode()).fetchone() for name in names
        }
    # What was put right is an entry, an alert, and its message.
    return {
        name: row[0]
        for name, row in rows.items()
        if row and not re.search(r"security_events|ops_alerts|_yoyo_log|log_guard_marks", name)
    }


def assert_noticed(project: Project) -> None:
    state = read(project.runner)
    assert state.problems
    assert not check(project.runner).is_empty
    words = "\n".join(problem.message for problem in state.problems)
    assert "anon has EXECUTE" in words or "owner is" in words or "is missing" in words, words


def assert_seals_go_on(project: Project, runner_directory: Path) -> None:
    """The same tree on another server: nothing in it is missed, and signing for it takes the operator's word."""
    with tempfile.TemporaryDirectory() as copy:
        own = settings(Path(shutil.copytree(runner_directory, copy, dirs_exist_ok=True)))
        with project.superuser() as connection:
            connection.execute(ENTRY.encode())
            assert seal.seal(project.runner).entries >= 1
            assert problems(connection) == []
        with pytest.raises(RunnerError, match="--adopt") as refused:
            seal.checkpoint(project.runner, own)
        assert refused.value.exit_code == 4
        assert seal.checkpoint(project.runner, own, adopt=True) is not None


def completeness(project: Project) -> list[tuple[object, ...]]:
    with project.superuser() as connection:
        began = connection.execute("select began_at, activities from private.completeness_began()").fetchall()
        assert len(began) == 1
        return (
            began + connection.execute("select * from private.log_gaps(null) order by 1, 2, 3, 4").fetchall()
        )


def assert_equal(project: Project, original: Project) -> None:
    migrate(project.runner)
    assert check(project.runner).lines() == []
    assert described(project) == described(original)
    with project.superuser() as connection:
        assert connection.execute(ANON_MAY.encode()).fetchone() == (0,)
    assert counted(project) == counted(original)
    assert [problem.message for problem in read(project.runner).problems if "ccess" in problem.message] == []


def test_the_documentation_says_what_is_tried_here() -> None:
    said = " ".join((Path(__file__).parent.parent / "docs/restore.md").read_text().split())
    assert MAKE_ROOM in said
    assert [name for name in BOOKKEEPING if f"--exclude-table-data='private.{name}'" not in said] == []


@lru_cache
def dump(original: Project, *options: str) -> bytes:
    """Nothing changes the original after it is made."""
    return original.run("pg_dump", "--format=custom", *OURS, *options)


def listed(project: Project, content: bytes) -> list[str]:
    done = project.server.client("pg_restore", "--list", stdin=content)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("role", ["supabase_admin", "postgres"])
def test_a_dump_restored_after_prepare(
    original: Project, fresh: Project, runner_directory: Path, role: str
) -> None:
    content = dump(original)
    prepare(fresh.runner)
    restore(fresh, content, role)
    assert_noticed(fresh)
    assert_equal(fresh, original)
    assert_seals_go_on(fresh, runner_directory)


def restore(project: Project, content: bytes, role: str, *options: str, fails: bool = False) -> None:
    wanted = [
        line for line in listed(project, content) if " SCHEMA - " not in line and "DEFAULT ACL" not in line
    ]
    shell = ["docker", "exec", "--interactive", "--user", "postgres", str(project.server.container)]
    subprocess.run([*shell, "sh", "-c", "cat > /tmp/list"], input="\n".join(wanted).encode(), check=True)
    project.run("pg_restore", "--use-list=/tmp/list", *options, stdin=content, role=role, fails=fails)


def test_a_dump_restored_without_owners_and_privileges(
    original: Project, fresh: Project, runner_directory: Path
) -> None:
    """All is postgres' then, which passes row level security, and what Supabase grants by default is open."""
    content = dump(original)
    prepare(fresh.runner)
    restore(fresh, content, "postgres", "--no-owner", "--no-privileges")
    assert_noticed(fresh)
    assert_equal(fresh, original)
    assert_seals_go_on(fresh, runner_directory)


def test_a_dump_restored_without_prepare(original: Project, fresh: Project) -> None:
    """Hundreds of errors: without the role nothing can be given to it, and no policy can name it."""
    content = dump(original)
    restore(fresh, content, "postgres", fails=True)
    with pytest.raises(RunnerError, match=r"taken already(?s:.*)docs/restore\.md"):
        check(fresh.runner)


def test_the_dumps_of_the_supabase_cli(original: Project, fresh: Project, runner_directory: Path) -> None:
    roles = original.server.client(
        "pg_dumpall",
        "--roles-only",
        "--quote-all-identifier",
        "--no-role-passwords",
        "--no-comments",
        "--username=postgres",
    ).stdout.decode()
    # It leaves out what the platform reserves.
    roles = "\n".join(line for line in roles.splitlines() if '"peerledger_owner"' in line)
    schema = original.run("pg_dump", "--schema-only", "--quote-all-identifier", *OURS).decode()
    schema = re.sub(r'^CREATE SCHEMA "', 'CREATE SCHEMA IF NOT EXISTS "', schema, flags=re.M)
    schema = re.sub(r'^(ALTER DEFAULT PRIVILEGES FOR ROLE "supabase_admin")', r"-- \1", schema, flags=re.M)
    data = original.run("pg_dump", "--data-only", "--quote-all-identifier", "--role=postgres", *OURS).decode()
    script = f"{schema}\nset session_replication_role = replica;\n{data}\nreset all;\n"
    script = re.sub(r"^\\(un)?restrict .*$", r"-- \g<0>", script, flags=re.M)

    prepare(fresh.runner)
    assert "peerledger_owner" in roles
    fresh.run(
        "psql",
        "--single-transaction",
        "--variable=ON_ERROR_STOP=1",
        "--quiet",
        "--file=-",
        stdin=script.encode(),
    )
    assert_noticed(fresh)
    assert_equal(fresh, original)
    assert_seals_go_on(fresh, runner_directory)


def test_data_only_into_a_freshly_migrated_project(
    original: Project, fresh: Project, runner_directory: Path
) -> None:
    migrate(fresh.runner)
    content = dump(
        original,
        "--data-only",
        "--load-via-partition-root",
        *(f"--exclude-table-data=private.{name}" for name in BOOKKEEPING),
    )
    script = fresh.server.client("pg_restore", "--file=-", stdin=content).stdout.decode()
    fresh.run(
        "psql",
        "--single-transaction",
        "--variable=ON_ERROR_STOP=1",
        "--quiet",
        "--file=-",
        stdin=f"{MAKE_ROOM}\n{script}".encode(),
    )
    migrate(fresh.runner)
    with fresh.superuser() as connection:
        connection.execute("select private.set_log_retention('proxy_audit_log', 72)")
    assert check(fresh.runner).lines() == []
    # Its own beginning, over nothing, stays beside the one that came.
    assert counted(fresh) == counted(original) | {"private.completeness_baseline": 2}
    assert completeness(fresh) == completeness(original)
    assert described(fresh) == described(original)
    assert_seals_go_on(fresh, runner_directory)
