create or replace function private.open_alerts()
returns table (
    id uuid,
    raised_at timestamptz,
    severity text,
    kind text,
    organisation text,
    message text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select alert.id, alert.raised_at, alert.severity, alert.kind, organisation.name, alert.message
    from public.ops_alerts as alert
    left join public.organisations as organisation on organisation.id = alert.organisation_id
    where alert.acknowledged_at is null
    order by array_position(array['critical', 'warning', 'info'], alert.severity), alert.raised_at
$$;

comment on function private.open_alerts is
'The alerts that nobody has acknowledged, the most severe first. For the runner.';
revoke all on function private.open_alerts from public, anon, authenticated, service_role;
