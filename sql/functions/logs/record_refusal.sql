create or replace function private.record_refusal(
    table_name text,
    statement_kind text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_written boolean := false;
begin
    begin
        v_is_written := private.write_security_event(
            private.make_security_event(
                event_kind => 'log_change_refused',
                table_name => record_refusal.table_name,
                statement_kind => record_refusal.statement_kind
            )
        );
    exception
        when query_canceled or others then
            v_is_written := false;
    end;
    if not coalesce(v_is_written, false) then
        -- A number that is not given back: private.note_unrecorded_refusals makes an entry of it later.
        perform nextval('private.unrecorded_refusals');
    end if;
exception
    -- The attempt is refused whatever becomes of its record.
    when query_canceled or others then
        raise log 'peerledger.security: the refusal could not be recorded (%)', sqlstate;
end
$$;

comment on function private.record_refusal is
'Records an attempt to change a log so that it outlives the attempt''s own rollback. Never fails. For our functions only.';
revoke all on function private.record_refusal from public, anon, authenticated, service_role;
