create or replace function private.log_gaps(
    since timestamptz
)
returns table (
    "check" text,
    log_name text,
    subject_id uuid,
    detail text,
    hole text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select * from private.gaps_in_activities(log_gaps.since)
    union all
    select * from private.gaps_in_administration()
    union all
    select * from private.gaps_in_statuses()
    union all
    select * from private.gaps_in_certification_runs()
    union all
    select * from private.gaps_in_website_sync()
    union all
    select * from private.gaps_in_legal_holds()
    union all
    select * from private.gaps_in_baseline()
$$;

comment on function private.log_gaps is
'Every change without its entry and every entry without its change; hole: why that is lawful (archived, older than the log,
could not be written), null for a finding. For private.find_incomplete_logs and private.check_completeness.';
revoke all on function private.log_gaps from public, anon, authenticated, service_role;
