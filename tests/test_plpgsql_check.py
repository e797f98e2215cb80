"""Every PL/pgSQL body of the project, read by plpgsql_check: names, types, and variables nobody uses."""

import pytest
from conftest import Database, Target

CHECK = """
select routine.oid::regprocedure::text || ': ' || found.message
from pg_catalog.pg_proc as routine
inner join pg_catalog.pg_language as language
    on language.oid = routine.prolang and language.lanname = 'plpgsql'
left join lateral (
    select tgrelid, tgoldtable, tgnewtable from pg_catalog.pg_trigger
    where tgfoid = routine.oid and tgparentid = 0 limit 1
) as trigger on true
cross join lateral plpgsql_check.plpgsql_check_function_tb(
    routine.oid, coalesce(trigger.tgrelid, 0),
    oldtable => trigger.tgoldtable, newtable => trigger.tgnewtable,
    other_warnings => true, extra_warnings => true, security_warnings => true
) as found
where
    routine.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and pg_catalog.pg_get_userbyid(routine.proowner) = 'peerledger_owner'
order by 1
"""


def test_plpgsql_check_finds_nothing(target: Target, database: Database) -> None:
    with database.superuser() as connection:
        available = connection.execute(
            "select from pg_available_extensions where name = 'plpgsql_check'"
        ).fetchone()
        if available is None:
            pytest.skip(f"{target.name} has no plpgsql_check")
        connection.execute("create schema plpgsql_check")
        connection.execute("create extension plpgsql_check schema plpgsql_check")
        counted = connection.execute(
            "select count(*) from pg_catalog.pg_proc "
            "where pg_catalog.pg_get_userbyid(proowner) = 'peerledger_owner'"
        ).fetchone()
        assert counted is not None
        assert counted[0] > 40, "the project's functions are there to be checked"
        assert [row[0] for row in connection.execute(CHECK).fetchall()] == []
