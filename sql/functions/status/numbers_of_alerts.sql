create or replace function private.numbers_of_alerts(
    at timestamptz,
    organisation_id uuid
)
returns table (
    name text,
    value jsonb
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select 'open_alerts_' || severity.name, to_jsonb(count(alert.id))
    from unnest(array['info', 'warning', 'critical']) as severity (name)
    left join public.ops_alerts as alert
        on
            alert.severity = severity.name
            and alert.acknowledged_at is null
            and (numbers_of_alerts.organisation_id is null or alert.organisation_id = numbers_of_alerts.organisation_id)
    group by severity.name
    union all
    select 'audit_write_failures', to_jsonb(count(*))
    from public.ops_alerts as alert
    where
        alert.kind = 'audit_write_failed'
        and (numbers_of_alerts.organisation_id is null or alert.organisation_id = numbers_of_alerts.organisation_id)
$$;

comment on function private.numbers_of_alerts is
'How many alerts are open, by severity, and how often an entry of a log could not be written, as far as alerts tell. For private.status_numbers only.';
revoke all on function private.numbers_of_alerts from public, anon, authenticated, service_role;
