-- Definer: the log belongs to the owner, no matter who does what is recorded.
create or replace function private.record_security_event(
    event_kind text,
    table_name text default null,
    organisation_id uuid default null,
    details jsonb default '{}'
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.security_events (
        id, occurred_at, event_kind, organisation_id, table_name, statement_kind, session_role, acting_role,
        caller_id, client_address, details
    )
    select
        event.id, event.occurred_at, event.event_kind, event.organisation_id, event.table_name, event.statement_kind,
        event.session_role, event.acting_role, event.caller_id, event.client_address, event.details
    from jsonb_populate_record(
        null::public.security_events,
        private.make_security_event(
            event_kind => record_security_event.event_kind,
            table_name => record_security_event.table_name,
            organisation_id => record_security_event.organisation_id,
            details => record_security_event.details
        )
    ) as event;
    -- A rule or a trigger that swallows entries: what cannot be recorded does not happen.
    if not found then
        raise exception using
            errcode = 'P0001',
            message = 'An entry of security_events was not kept.',
            hint = 'A rule or a trigger on it swallows entries. See `peerledger status`.';
    end if;
end
$$;

comment on function private.record_security_event is
'Adds to security_events in the caller''s own transaction: what did not happen is not recorded. Error: P0001 when the '
'entry is swallowed. For our functions only.';
revoke all on function private.record_security_event from public, anon, authenticated, service_role;
