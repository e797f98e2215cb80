-- What somebody adds to the log by hand says what is: of an activity that exists, as it stands, now. The
-- entries of the triggers of activities do not come by here, nor does what the owner restores. Id and time are stamped
-- already: private.stamp_log_entry.
create or replace function private.tg_proxy_audit_log__stamp_entry()
returns trigger
language plpgsql
volatile
security definer -- reads the activity regardless of who may see it; the policy then decides on the true mentor
set search_path = pg_catalog, pg_temp
as $$
declare
    v_activity public.activities;
begin
    select activity.*
    into v_activity
    from public.activities as activity
    where
        activity.id = new.proxy_activity_id
        and activity.coordinator_id is not null
        and (
            private.is_service_call()
            or activity.organisation_id in (select private.my_organisation_ids())
        );
    if not found then
        raise exception using
            -- A client that sees nothing is not allowed to; one that sees everything looked for what is not there.
            errcode = case when private.is_service_call() then 'PT404' else '42501' end,
            message = format('There is no activity %s, registered by proxy, that you can see.', new.proxy_activity_id),
            hint = 'The log speaks only of activities that exist. Register the activity; its entry is then written by the database.';
    end if;

    new.coordinator_id := case
        when private.is_service_call() then v_activity.coordinator_id
        else coalesce(new.coordinator_id, private.caller_id())
    end;
    new.attributed_mentor_id := v_activity.mentor_id;
    new.organisation_id := v_activity.organisation_id;
    new.payload_snapshot := private.proxy_activity_record(v_activity);
    -- An activity is created once.
    if exists (
        select
        from public.proxy_audit_log as log
        where log.proxy_activity_id = v_activity.id and log.event_type in ('created', 'bulk_created')
    ) then
        new.event_type := 'updated';
    end if;
    return new;
end
$$;

comment on function private.tg_proxy_audit_log__stamp_entry is
'Trigger function of proxy_audit_log: stamps what a client adds with the truth. Errors: 42501 no such
activity in reach, PT404 no such activity for the service role.';
revoke all on function private.tg_proxy_audit_log__stamp_entry from public, anon, authenticated, service_role;
