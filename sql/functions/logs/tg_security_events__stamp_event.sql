-- What the guards and our own functions record, nobody can make look as if they had. A policy cannot say that:
-- service_role bypasses policies.
create or replace function private.tg_security_events__stamp_event()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.event_kind <> 'reported' then
        raise exception using
            errcode = '42501',
            message = 'Only the database itself records this kind of event.',
            detail = 'event_kind',
            hint = 'Use event_kind "reported" for what you observed.';
    end if;
    new.occurred_at := clock_timestamp();
    new.session_role := session_user;
    new.acting_role := current_user;
    new.client_address := inet_client_addr();
    return new;
end
$$;

comment on function private.tg_security_events__stamp_event is
'Trigger function of security_events: others than our own functions may only add what is "reported", as themselves. '
'Error: 42501.';
revoke all on function private.tg_security_events__stamp_event from public, anon, authenticated, service_role;
