"""Migrating: forward, back, refused, and many at once. On an embedded server of its own."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import new_database
from psycopg import errors as pg

from peerledger import embedded
from peerledger.database import Database
from peerledger.errors import (
    DatabaseAheadError,
    EditedMigrationError,
    LockTimeoutError,
    NotMigratedError,
    RunnerError,
)
from peerledger.migrate import LOCK_KEY, check, migrate, render, render_since, rollback
from peerledger.plan import require_migrated
from peerledger.sqlfiles import ROOT, Tree


@pytest.fixture
def embedded_database(own_server: str) -> Iterator[str]:
    """The address of a fresh, empty database."""
    with new_database(own_server, "template0") as address:
        yield address


@pytest.fixture
def database(embedded_database: str) -> Database:
    return Database(embedded_database, True, None)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A copy of the SQL that a test may change."""
    for folder in ("migrations", "sql"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return Tree(tmp_path)


def dump(database: Database) -> str:
    """What pg_dump says of the schema; \\restrict carries a random key."""
    command = [str(embedded.BIN / "pg_dump"), "--schema-only", database.conninfo]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "\n".join(
        line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))
    )


def scalar(database: Database, query: str) -> object:
    with database.connect() as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_second_time_there_is_nothing_to_do(database: Database) -> None:
    assert not migrate(database).is_empty
    assert migrate(database).is_empty
    assert check(database).is_empty


def test_check_writes_nothing_even_on_an_empty_database(database: Database) -> None:
    before = dump(database)
    plan = check(database)
    assert [file.path for file in plan.apply] == [file.path for file in Tree().migrations()]
    assert dump(database) == before


def test_bookkeeping_is_private(database: Database) -> None:
    migrate(database)
    assert scalar(database, "select count(*) from pg_tables where tablename like '%yoyo%'") != 0
    assert (
        scalar(
            database,
            "select count(*) from pg_tables where tablename like '%yoyo%' and schemaname <> 'private'",
        )
        == 0
    )


def test_forward_back_and_forward_give_equal_dumps(database: Database) -> None:
    migrate(database)
    first = dump(database)
    assert rollback(database, len(Tree().migrations())) == 0
    assert scalar(database, "select count(*) from pg_tables where schemaname = 'public'") == 0
    migrate(database)
    assert dump(database) == first


def test_one_step_back_and_forward_again_gives_equal_dumps(database: Database) -> None:
    migrate(database)
    first = dump(database)
    rollback(database, 1)
    migrate(database)
    assert dump(database) == first


def test_texts_from_before_the_limits_do_not_stop_the_migration(database: Database) -> None:
    """Names lose what a terminal would obey, lists the codes that nobody can register; notes and log entries stay."""
    migrate(database)
    names = [migration.stem for migration in Tree().migrations()]
    rollback(database, len(names) - next(n for n, name in enumerate(names) if name.startswith("0050")))
    with database.connect(autocommit=True) as connection:
        connection.execute(
            "insert into public.organisations (slug, name) values ('a', E'No\\x1brd\\u202e'), ('b', E'\\x1b'), ('c', 'Sør')"
        )
        connection.execute(
            "insert into public.peer_mentors (organisation_id, display_name)"
            " select id, E'Kari\\nNordmann' from public.organisations where slug = 'a'"
        )
        connection.execute(
            "insert into public.organisation_settings (organisation_id, activity_types)"
            " select id, '{walk,b12345}' from public.organisations where slug = 'a'"
        )
        connection.execute(
            "with activity as (insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on,"
            " duration_minutes) select organisation_id, id, 'walk', '2026-01-01', 30 from public.peer_mentors"
            " returning id, organisation_id)"
            " insert into public.activity_notes select id, organisation_id, repeat('x', 30000) from activity"
        )
    migrate(database)
    assert scalar(database, "select array_agg(name order by slug) from public.organisations") == [
        "No rd",
        "b",
        "Sør",
    ]
    assert scalar(database, "select display_name from public.peer_mentors") == "Kari Nordmann"
    assert scalar(database, "select activity_types from public.organisation_settings") == ["walk"]
    assert scalar(database, "select length(body) from public.activity_notes") == 30_000
    assert check(database).is_empty


def test_more_steps_back_than_there_are_is_refused(database: Database) -> None:
    migrate(database)
    with pytest.raises(RunnerError, match="Only"):
        rollback(database, 99)
    assert migrate(database).is_empty


def test_an_edited_migration_is_refused_by_name(database: Database, tree: Tree) -> None:
    migrate(database, tree=tree)
    path = tree.root / tree.migrations()[1].path
    path.write_text(path.read_text() + "\n-- one word more\n")
    for command in (migrate, check):
        with pytest.raises(EditedMigrationError, match=r"0002\.tenancy\.sql was edited"):
            command(database, tree=tree)


def test_a_newer_database_is_refused(database: Database, tree: Tree) -> None:
    (tree.root / "migrations" / "9999.future.sql").write_text("create table private.future (id int);\n")
    migrate(database, tree=tree)
    with pytest.raises(DatabaseAheadError, match=r"9999\.future"):
        migrate(database)


def test_a_failing_migration_leaves_nothing_of_itself(database: Database, tree: Tree) -> None:
    path = tree.root / "migrations" / "9999.broken.sql"
    path.write_text("create table private.half (id int);\nselect 1 / 0;\n")
    with pytest.raises(RunnerError, match=r"9999\.broken\.sql: division by zero"):
        migrate(database, tree=tree)
    assert scalar(database, "select to_regclass('private.half') is null") is True
    path.unlink()
    migrate(database)
    assert migrate(database).is_empty


def test_a_migration_comes_while_access_is_put_right(database: Database, tree: Tree) -> None:
    migrate(database, tree=tree)
    with database.connect() as connection:
        connection.execute("grant select on private.mentor_measures to public")
    (tree.root / "migrations" / "9999.later.sql").write_text("create table private.later (id int);\n")
    plan = migrate(database, tree=tree)
    assert plan.access
    assert [file.path for file in plan.apply] == ["migrations/9999.later.sql"]


def test_the_holder_of_the_lock_is_named(database: Database) -> None:
    with database.connect(autocommit=True, application_name="somebody") as holder:
        holder.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
        pid = holder.info.backend_pid
        with pytest.raises(LockTimeoutError, match=rf"process {pid} \(somebody\).*pg_terminate_backend"):
            migrate(database, wait_seconds=0.2)
    assert not migrate(database).is_empty


def test_the_printed_sql_is_adopted(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(render().encode())
    require_migrated_now(database)
    plan = migrate(database)
    assert not plan.apply
    assert not plan.replay
    assert len(plan.adopt) == len(Tree().migrations())
    assert migrate(database).is_empty


def test_printed_sql_and_runner_make_the_same(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(render().encode())
    migrate(database)
    printed = dump(database)
    rollback(database, len(Tree().migrations()))
    migrate(database)
    assert dump(database) == printed


def test_twenty_at_once(database: Database) -> None:
    barrier = threading.Barrier(20)

    def one(_: int) -> bool:
        barrier.wait()
        return migrate(database, wait_seconds=600).is_empty

    with ThreadPoolExecutor(20) as pool:
        idle = list(pool.map(one, range(20)))
    assert sorted(idle) == [False] + [True] * 19
    assert migrate(database).is_empty


def test_a_removed_file_drops_its_function(database: Database, tree: Tree) -> None:
    path = tree.root / "sql" / "functions" / "logs" / "left_over.sql"
    path.write_text(
        "create or replace function private.left_over() returns trigger language plpgsql as "
        "$$ begin return null; end $$;\n"
        "create or replace trigger _900_left_over after insert on public.chapters "
        "for each row execute function private.left_over();\n"
    )
    migrate(database, tree=tree)
    first = scalar(database, "select count(*) from pg_trigger where tgname = '_900_left_over'")
    moved = path.rename(tree.root / "sql" / "functions" / "tenancy" / "left_over.sql")
    plan = migrate(database, tree=tree)
    assert plan.lines() == ["replace sql/functions/tenancy/left_over.sql"], "a file that moved drops nothing"
    assert scalar(database, "select count(*) from pg_trigger where tgname = '_900_left_over'") == 1
    moved.unlink()
    plan = migrate(database, tree=tree)
    assert (first, plan.dropped) == (1, ["sql/functions/tenancy/left_over.sql"])
    assert scalar(database, "select to_regproc('private.left_over') is null") is True


def test_a_removed_policy_file_closes_its_table(database: Database, tree: Tree) -> None:
    migrate(database, tree=tree)
    (tree.root / "sql" / "policies" / "chapters.sql.j2").unlink()
    migrate(database, tree=tree)
    assert (
        scalar(database, "select count(*) from pg_policy where polrelid = 'public.chapters'::regclass") == 0
    )


@pytest.mark.parametrize("signature", ["(a int, b int) returns int", "(a int) returns text"])
def test_a_changed_signature_asks_for_a_migration(database: Database, tree: Tree, signature: str) -> None:
    path = tree.root / "sql" / "functions" / "logs" / "changing.sql"
    text = "create or replace function private.changing{} language sql as 'select null::{}';\n"
    path.write_text(text.format("(a int) returns int", "int"))
    migrate(database, tree=tree)
    path.write_text(text.format(signature, signature.rsplit(" ", 1)[-1]))
    with pytest.raises(RunnerError, match=r"changing.*migration that drops the old one"):
        migrate(database, tree=tree)


@pytest.mark.parametrize("changed", ["chapters.sql.j2", "_table.sql.j2"])
def test_a_template_that_changes_is_rendered_anew(tree: Tree, changed: str) -> None:
    """Also through one that it takes from; but what a command has read stays as it was, to the end of it."""

    def policies(of: Tree) -> str:
        return next(file.text for file in of.objects() if file.path == "sql/policies/chapters.sql.j2")

    begun = tree.read_once()
    before = policies(begun)
    path = tree.root / "sql" / "policies" / changed
    path.write_text(path.read_text().replace("service_role", "somebody_else"))
    assert "somebody_else" not in before
    assert "somebody_else" in policies(tree)
    assert policies(begun) == before


def test_an_undefined_name_in_a_template_is_an_error(tree: Tree) -> None:
    (tree.root / "sql" / "functions" / "logs" / "typo.sql.j2").write_text("select <%= missing %>;\n")
    with pytest.raises(RunnerError, match=r"typo\.sql\.j2.*'missing' is undefined"):
        tree.objects()


def test_other_commands_ask_for_migrate(database: Database, tree: Tree) -> None:
    with pytest.raises(NotMigratedError, match="peerledger migrate"):
        require_migrated_now(database)
    migrate(database)
    require_migrated_now(database)
    (tree.root / "migrations" / "9999.future.sql").write_text("select 1;\n")
    with database.connect() as connection, pytest.raises(NotMigratedError, match="older than this version"):
        require_migrated(connection, tree)


def require_migrated_now(database: Database) -> None:
    with database.connect() as connection:
        require_migrated(connection)


def test_the_printed_step_refuses_a_database_that_is_elsewhere(database: Database) -> None:
    migrate(database)
    with (
        database.connect() as connection,
        pytest.raises(pg.ObjectNotInPrerequisiteState, match=r"not at 0\.1\.0"),
    ):
        connection.execute(render_since("0.1.0").encode())
    with pytest.raises(RunnerError, match=r"0\.0\.7"):
        render_since("0.0.7")


def test_names_that_are_taken_are_all_named_before_anything_is_written(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "create table public.notifications (id int); create type public.mentor_status as enum ('on');"
            "create function public.evaluate_badges(a text) returns int language sql as 'select 1';"
            "create table public.app_table (id int)"
        )
    before = dump(database)
    for command in (check, migrate):
        with pytest.raises(RunnerError) as refused:
            command(database)
        for name in (
            "function public.evaluate_badges",
            "table public.notifications",
            "type public.mentor_status",
        ):
            assert f"- {name}\n" in refused.value.message
        assert refused.value.message.startswith("3 names")
        assert dump(database) == before
    with database.connect() as connection:
        connection.execute(
            "drop table public.notifications; drop type public.mentor_status; "
            "drop function public.evaluate_badges(text)"
        )
    migrate(database)
    assert check(database).is_empty
