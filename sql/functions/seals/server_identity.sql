-- Each in a block of its own: a platform may forbid one, and null then equals null.
create or replace function private.server_identity(
    out system_identifier bigint,
    out timeline int
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    begin
        server_identity.system_identifier := (select control.system_identifier from pg_control_system() as control);
    exception
        when insufficient_privilege then
            null;
    end;
    begin
        server_identity.timeline := ('x' || substring(pg_walfile_name(pg_current_wal_lsn()) for 8))::bit(32)::int;
    exception
        when insufficient_privilege or object_not_in_prerequisite_state then
            null;
    end;
end
$$;

comment on function private.server_identity is
'Which server this is: its identifier, which a restored dump does not keep, and its timeline, which a promotion raises.
Null where the platform forbids to ask. For our functions and the runner.';
revoke all on function private.server_identity from public, anon, authenticated, service_role;
