create or replace function private.insert_hlf_sync_attempts(
    entries jsonb
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into public.hlf_sync_audit_log (
        organisation_id, mentor_id, operation, dynamics_response_code, retry_count, outcome, error_message, triggered_by_event
    )
    select
        entry.organisation_id, entry.mentor_id, entry.operation, entry.dynamics_response_code, entry.retry_count,
        entry.outcome, entry.error_message, entry.triggered_by_event
    from jsonb_to_recordset(insert_hlf_sync_attempts.entries) as entry (
        organisation_id uuid, mentor_id uuid, operation text, dynamics_response_code int, retry_count int,
        outcome text, error_message text, triggered_by_event text
    )
$$;

comment on function private.insert_hlf_sync_attempts is
'Writes entries of hlf_sync_audit_log, given as an array of objects with its columns. For
private.log_hlf_sync_attempts only.';
revoke all on function private.insert_hlf_sync_attempts from public, anon, authenticated, service_role;
