create or replace function private.numbers_of_logs(
    at timestamptz,
    organisation_id uuid
)
returns table (
    name text,
    value jsonb
)
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select 'log_months_ahead', to_jsonb(min(ahead.months))
    from private.log_months_ahead() as ahead
    where numbers_of_logs.organisation_id is null
    having count(*) > 0
    union all
    select 'refused_changes_go_to', to_jsonb(private.security_events_go_to())
    where numbers_of_logs.organisation_id is null
$$;

comment on function private.numbers_of_logs is
'For how many months the logs have partitions, and where a refused change of one is recorded. For private.status_numbers only.';
revoke all on function private.numbers_of_logs from public, anon, authenticated, service_role;
