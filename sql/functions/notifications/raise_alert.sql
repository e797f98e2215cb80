-- Definer: anyone's failing activity may have to tell an operator.
create or replace function private.raise_alert(
    kind text,
    severity text,
    message text,
    dedupe_key text,
    organisation_id uuid default null,
    details jsonb default '{}'
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into public.ops_alerts (kind, severity, message, dedupe_key, organisation_id, details)
    values (
        raise_alert.kind, raise_alert.severity, raise_alert.message,
        raise_alert.dedupe_key, raise_alert.organisation_id, raise_alert.details
    )
    on conflict (dedupe_key) where acknowledged_at is null do nothing
$$;

comment on function private.raise_alert is
'Tells the operators, once for each dedupe_key until somebody acknowledges it. For our functions only.';
revoke all on function private.raise_alert from public, anon, authenticated, service_role;
