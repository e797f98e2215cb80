create or replace function private.security_events_go_to()
returns text
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case when private.write_security_event(null) then 'table' else 'server log' end
$$;

comment on function private.security_events_go_to is
'Where a refused attempt is recorded: "table" (security_events, at once, over dblink) or "server log" (there, and '
'counted in security_events at the next upkeep). For the runner.';
revoke all on function private.security_events_go_to from public, anon, authenticated, service_role;
