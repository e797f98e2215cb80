-- Definer: a coordinator may acknowledge, and change nothing else of an alert.
create or replace function public.acknowledge_alert(
    alert_id uuid
)
returns public.ops_alerts
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_alert public.ops_alerts;
begin
    select alert.*
    into v_alert
    from public.ops_alerts as alert
    where
        alert.id = acknowledge_alert.alert_id
        and (
            private.is_service_call()
            or alert.organisation_id in (select private.my_organisation_ids())
        )
    for update of alert;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no alert %s that you can see.', acknowledge_alert.alert_id),
            hint = 'Check the id, and that you are signed in as a coordinator of the alert''s organisation.';
    end if;
    -- An alert is about the organisation as a whole, whichever of its mentors it is about.
    if not private.is_service_call() then
        perform private.require_whole_organisation(v_alert.organisation_id);
    end if;

    update public.ops_alerts as alert
    set
        acknowledged_at = clock_timestamp(),
        acknowledged_by = private.caller_id()
    where alert.id = v_alert.id and alert.acknowledged_at is null
    returning alert.* into v_alert;
    if not found then
        select alert.* into v_alert from public.ops_alerts as alert where alert.id = acknowledge_alert.alert_id;
    end if;
    return v_alert;
end
$$;

comment on function public.acknowledge_alert is
'Marks an alert as dealt with; when the problem comes back there is a new one. Repeating it changes nothing.
Callable by coordinators of the whole organisation that it is about, and service_role. Errors: PT404, 42501 for a
coordinator of chapters only.';
revoke all on function public.acknowledge_alert from public, anon, authenticated, service_role;
grant execute on function public.acknowledge_alert to authenticated, service_role;
