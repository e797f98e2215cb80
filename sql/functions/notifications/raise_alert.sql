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
    with raised as (
        insert into public.ops_alerts (kind, severity, message, dedupe_key, organisation_id, details)
        values (
            raise_alert.kind, raise_alert.severity, raise_alert.message,
            raise_alert.dedupe_key, raise_alert.organisation_id, raise_alert.details
        )
        on conflict (dedupe_key) where acknowledged_at is null do nothing
        returning id, organisation_id, kind, severity
    )
    -- What cannot wait for somebody to look. Whoever coordinates the whole organisation answers for it.
    insert into public.notifications (organisation_id, recipient_user_id, kind, payload, dedupe_key)
    select
        raised.organisation_id,
        assignment.user_id,
        'ops_alert',
        jsonb_build_object('alert_id', raised.id),
        'ops_alert:' || raised.id || ':' || assignment.user_id
    from raised
    inner join public.coordinator_assignments as assignment
        on
            assignment.organisation_id = raised.organisation_id
            and assignment.chapter_id is null
    where raised.severity = 'critical'
    on conflict (dedupe_key) do nothing
$$;

comment on function private.raise_alert is
'Tells the operators, once for each dedupe_key until somebody acknowledges it; of a critical one the organisation''s
coordinators get a message. For our functions only.';
revoke all on function private.raise_alert from public, anon, authenticated, service_role;
