"""Logs that are full already get their new column without being rewritten."""

import pytest
from conftest import Database
from sealing import LOG, fill, one, problems, runner, seal_all

from peerledger.migrate import migrate, rollback

_FILES = """
select child.relname, child.relfilenode
from pg_inherits
inner join pg_class as child on child.oid = inhrelid
where inhparent in (select format('public.%I', log_name)::regclass from private.logs)
order by 1
"""


@pytest.mark.one_target
def test_a_full_log_is_migrated_without_being_rewritten(database: Database) -> None:
    superuser = database.superuser()
    # Back to before the logs had the column; what came after it goes with it.
    count = one(
        superuser,
        "select count(*) from private.sql_files where kind = 'migration' "
        "and path >= (select path from private.sql_files where path like '%recorded_in.sql')",
    )
    rollback(runner(database), int(str(count)), 60)
    assert not one(
        superuser,
        "select exists (select from pg_attribute where attname = 'recorded_in' and attrelid = "
        f"'public.{LOG}'::regclass and not attisdropped)",
    )
    superuser.execute("alter table public.badge_evaluation_logs no force row level security")
    fill(superuser, 1_000)
    before = superuser.execute(_FILES).fetchall()
    assert len(before) > 6
    migrate(runner(database), 60)
    assert superuser.execute(_FILES).fetchall() == before, "no partition has another file"
    assert one(superuser, f"select count(distinct recorded_in) from public.{LOG}") == 1
    seal_all(database.migrator())
    assert one(superuser, "select count(*) from private.sealed_entries where log_code = 1") == 1_000
    assert problems(superuser) == []
