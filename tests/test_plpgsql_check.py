"""Every PL/pgSQL body of the project, read by plpgsql_check: names, types, and variables nobody uses."""

import re

import pytest
from conftest import Database, Target

CHECK = """
select routine.oid::regprocedure::text || ': ' || found.message
from pg_catalog.pg_proc as routine
inner join pg_catalog.pg_language as language
    on language.oid = routine.prolang and language.lanname = 'plpgsql'
-- One function may serve several triggers of a table, each with transition tables of its own.
left join lateral (
    select min(tgrelid) as tgrelid, max(tgoldtable) as tgoldtable, max(tgnewtable) as tgnewtable
    from pg_catalog.pg_trigger
    where tgfoid = routine.oid and tgparentid = 0
) as trigger on true
cross join lateral plpgsql_check.plpgsql_check_function_tb(
    routine.oid, coalesce(trigger.tgrelid, 0),
    oldtable => trigger.tgoldtable, newtable => trigger.tgnewtable,
    other_warnings => true, extra_warnings => true, security_warnings => true
) as found
where
    routine.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and pg_catalog.pg_get_userbyid(routine.proowner) = 'peerledger_owner'
    -- So the contract names a column of find_incomplete_logs.
    and found.message <> 'name of parameter "check" is reserved keyword'
order by 1
"""

# Statements over all logs or over any table of a load, put together by functions of ours from the catalog: quoted names and
# conditions, and nothing that a client sends. The checker cannot see what such a statement returns.
ASSEMBLED = {
    "private.apply_typed_lines",
    "private.erase_log_entry",
    "private.evidence_entries",
    "private.find_bad_lines",
    "private.load_typed_lines",
    "private.month_statement",
    "private.pocket_proof",
    "private.prune_log_month",
    "private.read_log_month",
    "private.seal_backlog",
    "private.seal_logs",
    "private.split_default_partition",
    "private.unsealed_entries",
    "private.verify_seal",
}
OF_ASSEMBLED = re.compile(
    "text type variable is not sanitized|cannot determinate a result of dynamic SQL"
    '|record "\\w+" is not assigned yet|OUT variable "\\w+" is maybe unmodified'
)


def _is_of_assembled_sql(message: str) -> bool:
    return message.split("(")[0] in ASSEMBLED and OF_ASSEMBLED.search(message) is not None


def test_plpgsql_check_finds_nothing(target: Target, database: Database) -> None:
    with database.superuser() as connection:
        available = connection.execute(
            "select from pg_available_extensions where name = 'plpgsql_check'"
        ).fetchone()
        if available is None:
            pytest.skip(f"{target.name} has no plpgsql_check")
        connection.execute("create schema plpgsql_check")
        connection.execute("create extension plpgsql_check schema plpgsql_check")
        # What a load has while it runs: private.stage_lines and private.check_staged_lines make them.
        connection.execute("create temp table staged_lines (line_number bigint, id text)")
        connection.execute("create temp table changed_lines (line_number bigint)")
        connection.execute(
            "create temp table load_findings "
            "(table_name text, line_number bigint, column_name text, kind text, reason text)"
        )
        connection.execute(
            "create temp table typed_lines (line_number bigint, is_new boolean, id uuid, mentor_id uuid, "
            "status public.mentor_status)"
        )
        counted = connection.execute(
            "select count(*) from pg_catalog.pg_proc "
            "where pg_catalog.pg_get_userbyid(proowner) = 'peerledger_owner'"
        ).fetchone()
        assert counted is not None
        assert counted[0] > 40, "the project's functions are there to be checked"
        found = [row[0] for row in connection.execute(CHECK).fetchall()]
        assert [message for message in found if not _is_of_assembled_sql(message)] == []
