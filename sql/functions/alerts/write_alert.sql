-- Definer: anyone's failing activity may have to tell an operator.
create or replace function private.write_alert(
    kind text,
    severity text,
    message text,
    dedupe_key text,
    organisation_id uuid default null,
    details jsonb default '{}'
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_alert_id uuid;
begin
    if not exists (
        select from private.alert_kinds() as known where known.kind = write_alert.kind
    ) then
        raise exception using
            errcode = '22023',
            message = format('There is no kind of alert "%s".', write_alert.kind),
            detail = 'kind',
            hint = 'private.alert_kinds() lists them: a new one needs a line there, in the runbook and in the report.';
    end if;

    insert into public.ops_alerts (kind, severity, message, dedupe_key, organisation_id, details)
    values (
        write_alert.kind, write_alert.severity, write_alert.message,
        write_alert.dedupe_key, write_alert.organisation_id, write_alert.details
    )
    on conflict do nothing -- While one is open there is no second for the same problem.
    returning id into v_alert_id;

    if v_alert_id is null or write_alert.severity <> 'critical' then
        return;
    end if;
    begin
        -- What cannot wait for somebody to look. The coordinators of the whole organisation are responsible for it.
        insert into public.notifications (organisation_id, recipient_user_id, kind, payload, dedupe_key)
        select
            assignment.organisation_id,
            assignment.user_id,
            'ops_alert',
            jsonb_build_object('alert_id', v_alert_id),
            'ops_alert:' || v_alert_id || ':' || assignment.user_id
        from public.coordinator_assignments as assignment
        where
            assignment.organisation_id = write_alert.organisation_id
            and assignment.chapter_id is null;
    exception
        -- The alert itself stands: it is in "peerledger status".
        when others then
            raise warning 'peerledger: nobody could be sent a message about alert % (%)', v_alert_id, sqlstate;
    end;
end
$$;

comment on function private.write_alert is
'Tells the operators, once for each dedupe_key until somebody acknowledges it; of a critical one the organisation''s
coordinators get a message. Errors: 22023 for a kind that private.alert_kinds() does not
list, and whatever else keeps it from being written; raise_alert has none. For our functions only.';
revoke all on function private.write_alert from public, anon, authenticated, service_role;
