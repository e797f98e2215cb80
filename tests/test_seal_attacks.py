"""What whoever owns the server can do to a log, each done with every trigger off, and which word names it.

Some cannot be found from within the database; they are shown as such, with what does find them.
"""

from pathlib import Path

import pytest
from conftest import Database
from sealing import LOG, everything_off, fill, one, problems, runner, seal_all, settings

from peerledger import checkpoints, seal, verify
from peerledger.errors import BROKEN, RunnerError

pytestmark = pytest.mark.one_target

_ENTRY = "(select entry_id from private.sealed_entries where leaf_index = 300)"
_HISTORY = """
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source, triggered_at)
select tests.id('mentor', 'olga'), tests.id('organisation', 'north'), number, 'manual',
    timestamptz '2019-03-01 12:00+00' + number * interval '1 minute'
from generate_series(1, 400) as number
"""
_RESEAL = """
truncate private.seal_batches, private.sealed_entries, private.seal_tiles;
update private.seal_state set look_from = null, system_identifier = null;
"""


@pytest.fixture
def attacked(database: Database, tmp_path: Path) -> Database:
    """600 entries, two batches, a month past its retention, a checkpoint in the runner's directory; then no guard."""
    superuser = database.superuser()
    superuser.execute(_HISTORY)
    superuser.execute("select private.ensure_log_partitions()")
    seal_all(superuser)
    fill(superuser, 200)
    seal.seal(runner(database))
    seal.checkpoint(runner(database), settings(tmp_path))
    assert problems(superuser) == []
    everything_off(superuser)
    return database


def found(database: Database, directory: Path, seen: Path | None = None) -> set[str]:
    verdict = verify.verify(runner(database), settings(directory / "none"), seen=[seen] if seen else [])
    return {finding.problem for finding in verdict.findings}


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (f"update public.{LOG} set duration_ms = 9 where id = {_ENTRY}", {"changed"}),
        (f"update public.{LOG} set org_id = gen_random_uuid() where id = {_ENTRY}", {"changed"}),
        (
            f"update public.{LOG} set triggered_at = triggered_at - interval '3 s', recorded_in = 3 where id = {_ENTRY}",
            {"missing", "without a leaf"},
        ),
        (f"delete from public.{LOG} where id = {_ENTRY}", {"missing"}),
        (
            f"delete from public.{LOG} where id = {_ENTRY}; delete from private.sealed_entries where leaf_index = 300",
            {"no entry for a leaf"},
        ),
        (
            f"update public.{LOG} set duration_ms = 9 where id = (select entry_id from private.sealed_entries "
            "where leaf_index = 3); "
            "update private.seal_tiles set hashes = overlay(hashes placing (select private.leaf_hash("
            f"'{LOG}', private.entry_line_of(3))) from 3 * 32 + 1) where level = 0 and tile = 0",
            {"tile 0 of level 0 is not what level 1 says"},
        ),
        (
            f"insert into public.{LOG} (peer_mentor_id, org_id, duration_ms, source, recorded_in) "
            "values (gen_random_uuid(), gen_random_uuid(), 1, 'manual', 3)",
            {"without a leaf"},
        ),
        (
            f"insert into public.{LOG} (peer_mentor_id, org_id, duration_ms, source, recorded_in) "
            "values (gen_random_uuid(), gen_random_uuid(), 1, 'manual', 9000000000)",
            {"without a leaf"},
        ),
        (
            f"insert into public.{LOG} (peer_mentor_id, org_id, duration_ms, source, triggered_at) "
            "values (gen_random_uuid(), gen_random_uuid(), 1, 'manual', now() - interval '3 hours'); "
            "select private.seal_logs()",
            {"back-dated"},
        ),
        (f"drop table private.{LOG}_2019_03", {"missing"}),
        (
            "update private.seal_batches set root = sha256('x') where tree_size = private.tree_size()",
            {"root of the batch of size N is not what the tiles say"},
        ),
        (
            "update private.seal_batches set sealed_at = sealed_at - interval '1 day' "
            "where tree_size = private.tree_size()",
            {"clock went back before the batch of size N"},
        ),
    ],
    # Sorted: each process of a run must give a test the same name.
    ids=lambda value: " and ".join(sorted(value)) if isinstance(value, set) else value,
)
def test_what_is_done_to_a_sealed_entry_is_named(
    attacked: Database, tmp_path: Path, deed: str, words: set[str]
) -> None:
    superuser = attacked.superuser()
    superuser.execute(
        f"""
        create function private.entry_line_of(leaf bigint) returns text language sql
        set timezone = 'UTC' as $$
            select to_jsonb(form)::text from (
                select id, peer_mentor_id, org_id, triggered_at, badges_evaluated, criteria_outcomes, badges_awarded,
                    error_message, duration_ms, activity_ids, source, activity_hashes
                from public.{LOG}
                where id = (select entry_id from private.sealed_entries where leaf_index = leaf)
            ) as form
        $$
        """.encode()
    )
    size = one(superuser, "select private.tree_size()")
    for statement in deed.split("; "):
        superuser.execute(statement.encode())
    assert {
        word.replace(f"size {size} ", "size N ").replace(f"size {size}", "size N")
        for word in found(attacked, tmp_path)
    } == words


def test_a_trigger_that_was_only_off_for_a_moment_changes_nothing(attacked: Database, tmp_path: Path) -> None:
    superuser = attacked.superuser()
    superuser.execute(f"alter table public.{LOG} enable always trigger _200_no_row_change")
    superuser.execute(f"alter table public.{LOG} disable trigger _200_no_row_change")
    superuser.execute(f"update public.{LOG} set duration_ms = 9 where id = {_ENTRY}")
    superuser.execute(f"alter table public.{LOG} enable always trigger _200_no_row_change")
    assert found(attacked, tmp_path) == {"changed"}


def test_an_entry_that_a_policy_hid_is_without_a_leaf(attacked: Database, tmp_path: Path) -> None:
    """Also when the sealer's own look at the policies was taken out."""
    superuser = attacked.superuser()
    superuser.execute(
        f"create policy hides on public.{LOG} as restrictive for select using (duration_ms <> 7)"
    )
    superuser.execute(
        "create or replace function private.require_readable_logs() returns void language sql as 'select'"
    )
    fill(superuser, 9)
    seal_all(superuser)
    fill(superuser, 1)
    seal_all(superuser)
    superuser.execute(f"drop policy hides on public.{LOG}")
    seal_all(superuser)
    assert found(attacked, tmp_path) == {"without a leaf"}


def test_an_archived_month_is_no_finding_and_one_archived_too_early_is(
    attacked: Database, tmp_path: Path
) -> None:
    superuser = attacked.superuser()
    superuser.execute(f"drop table private.{LOG}_2019_03")
    superuser.execute(
        "select private.record_security_event('log_archived', %s, details => '{\"month\": \"2019-03-01\"}')",
        (LOG,),
    )
    assert found(attacked, tmp_path) == {"missing"}, "what is not sealed yet explains nothing"
    seal_all(superuser)
    assert found(attacked, tmp_path) == set()
    verdict = verify.verify(runner(attacked), settings(tmp_path))
    assert any("400 entries" in note and "archived" in note for note in verdict.notes)

    superuser.execute(f"delete from public.{LOG}")
    superuser.execute(
        "select private.record_security_event('log_archived', %s, details => jsonb_build_object('month', "
        "date_trunc('month', now())::date))",
        (LOG,),
    )
    seal_all(superuser)
    assert found(attacked, tmp_path) == {"archived too early"}


def test_an_entry_that_a_court_had_erased_is_no_finding(attacked: Database, tmp_path: Path) -> None:
    superuser = attacked.superuser()
    leaf = one(
        superuser,
        "select encode(substring(hashes from 44 * 32 + 1 for 32), 'hex') from private.seal_tiles "
        "where level = 0 and tile = 1",
    )
    superuser.execute(f"delete from public.{LOG} where id = {_ENTRY}")
    superuser.execute(
        "select private.record_security_event('entry_erased', %s, details => jsonb_build_object('leaf_index', 300, "
        "'leaf', %s::text, 'case_reference', 'DPA-1'))",
        (LOG, leaf),
    )
    seal_all(superuser)
    assert found(attacked, tmp_path) == set()


def test_thousands_of_findings_are_counted_not_listed(attacked: Database) -> None:
    superuser = attacked.superuser()
    superuser.execute(f"delete from public.{LOG}")
    rows = superuser.execute("select problem from private.verify_seal(max_findings => 10)").fetchall()
    assert [row[0] for row in rows] == ["missing"] * 10 + ["590 more"]


@pytest.mark.parametrize("kind", ["sealed anew", "cut off", "rolled back and grown", "a fork"])
def test_what_only_somebody_outside_can_find(attacked: Database, tmp_path: Path, kind: str) -> None:
    """The database is sound in itself. The checkpoint that somebody kept is what gives it away."""
    superuser = attacked.superuser()
    seen = tmp_path / "seals" / "checkpoint"
    size = checkpoints.read_file(seen).size
    if kind == "sealed anew":
        superuser.execute(f"update public.{LOG} set duration_ms = 9 where id = {_ENTRY}")
        superuser.execute(_RESEAL)
        while int(str(one(superuser, "select private.tree_size()"))) < size and seal_all(superuser):
            pass
        expected = "two different trees of the same size"
    else:
        superuser.execute(
            f"delete from public.{LOG} where duration_ms > 100 and triggered_at > now() - interval '1 hour'"
        )
        superuser.execute(_RESEAL)
        seal_all(superuser)
        expected = "the tree shrank"
        if kind != "cut off":
            fill(superuser, 300)
            seal_all(superuser)
            expected = "the earlier tree is not the one that was seen"
    now = int(str(one(superuser, "select private.tree_size()")))
    assert found(attacked, tmp_path) - {w for w in found(attacked, tmp_path) if "checkpoint" in w} == set()
    superuser.execute("delete from private.seal_checkpoints")
    assert found(attacked, tmp_path) == set(), "nothing inside the database tells"
    (word,) = found(attacked, tmp_path, seen)
    if kind == "sealed anew" and now != size:
        expected = "the earlier tree is not the one that was seen"
    assert expected in word

    with pytest.raises(RunnerError) as broken:
        seal.checkpoint(runner(attacked), settings(tmp_path))
    assert broken.value.exit_code == BROKEN
    assert checkpoints.read_file(seen).size == size, "nothing was signed over it"
    assert (
        one(
            superuser,
            "select severity from public.ops_alerts where kind = 'seal_broken' and acknowledged_at is null",
        )
        == "critical"
    )
    assert one(superuser, "select count(*) from private.seal_checkpoints") == 0


def test_a_tile_that_is_gone_stops_the_sealing_and_the_signing(attacked: Database, tmp_path: Path) -> None:
    superuser = attacked.superuser()
    superuser.execute("delete from private.seal_tiles where level = 1")
    fill(superuser, 3)
    with pytest.raises(RunnerError, match="PL008"):
        seal.seal(runner(attacked))
    with pytest.raises(RunnerError) as broken:
        seal.checkpoint(runner(attacked), settings(tmp_path))
    assert broken.value.exit_code == BROKEN
