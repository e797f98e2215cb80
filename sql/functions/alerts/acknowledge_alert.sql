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
    update public.ops_alerts as alert
    set
        acknowledged_at = coalesce(alert.acknowledged_at, clock_timestamp()),
        acknowledged_by = case when alert.acknowledged_at is null then private.caller_id() else alert.acknowledged_by end
    where
        alert.id = acknowledge_alert.alert_id
        and (
            private.is_service_call()
            or alert.organisation_id in (select private.my_organisation_ids())
        )
    returning alert.* into v_alert;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no alert %s that you can see.', acknowledge_alert.alert_id),
            hint = 'Check the id, and that you are signed in as a coordinator of the alert''s organisation.';
    end if;
    return v_alert;
end
$$;

comment on function public.acknowledge_alert is
'Marks an alert as dealt with; when the problem comes back there is a new one. Repeating it changes nothing.
Callable by coordinators of the alert''s organisation and service_role. Error: PT404.';
revoke all on function public.acknowledge_alert from public, anon, authenticated, service_role;
grant execute on function public.acknowledge_alert to authenticated, service_role;
