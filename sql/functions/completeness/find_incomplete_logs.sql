-- Invoker, to be run by a role that no policy binds: what a policy hides is not missing.
create or replace function private.find_incomplete_logs(
    since timestamptz default '-infinity'
)
returns table (
    "check" text,
    log_name text,
    subject_id uuid,
    detail text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select gap."check", gap.log_name, gap.subject_id, gap.detail
    from private.log_gaps(find_incomplete_logs.since) as gap
    where gap.hole is null
    order by gap."check", gap.subject_id, gap.detail
$$;

comment on function private.find_incomplete_logs is
'Every change that has no entry in its log, and every entry whose change is not there: nothing, if the logs are complete.
Activities only as far as they or their entries changed since then; everything else always. Left out is what is lawful: see
docs/evidence.md. For the runner, as a role with BYPASSRLS.';
revoke all on function private.find_incomplete_logs from public, anon, authenticated, service_role;
