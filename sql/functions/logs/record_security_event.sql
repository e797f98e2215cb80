-- Definer: the log belongs to the owner, whoever does what is recorded.
create or replace function private.record_security_event(
    event_kind text,
    table_name text default null,
    organisation_id uuid default null,
    details jsonb default '{}'
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into public.security_events
    select event.*
    from jsonb_populate_record(
        null::public.security_events,
        private.make_security_event(
            event_kind => record_security_event.event_kind,
            table_name => record_security_event.table_name,
            organisation_id => record_security_event.organisation_id,
            details => record_security_event.details
        )
    ) as event
$$;

comment on function private.record_security_event is
'Adds to security_events in the caller''s own transaction: what did not happen is not recorded. For our functions only.';
revoke all on function private.record_security_event from public, anon, authenticated, service_role;
