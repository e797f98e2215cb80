-- Who and from where, as far as the session knows; never what the statement said.
create or replace function private.make_security_event(
    event_kind text,
    table_name text default null,
    statement_kind text default null,
    organisation_id uuid default null,
    details jsonb default '{}'
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_caller_id uuid;
begin
    begin
        v_caller_id := private.caller_id();
    exception
        -- The caller sets the claims. Ones that cannot be read must not keep an entry from being written.
        when data_exception then
            v_caller_id := null;
    end;
    return jsonb_build_object(
        'id', gen_random_uuid(),
        'occurred_at', clock_timestamp(),
        'event_kind', make_security_event.event_kind,
        'organisation_id', make_security_event.organisation_id,
        'table_name', make_security_event.table_name,
        'statement_kind', make_security_event.statement_kind,
        'session_role', session_user,
        'acting_role', nullif(current_setting('role', true), 'none'),
        'caller_id', v_caller_id,
        'client_address', inet_client_addr(),
        'details', make_security_event.details
    );
end
$$;

comment on function private.make_security_event is
'An entry of security_events with what the session knows of the caller, not written yet. For our functions only.';
revoke all on function private.make_security_event from public, anon, authenticated, service_role;
