-- Dataverse ends an operation after two minutes; what stands in between may keep one for a while.
create or replace function private.late_request_window()
returns interval
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select interval '10 minutes'
$$;

comment on function private.late_request_window is
'For how long a request whose answer never came may still be carried out. For our functions only.';
revoke all on function private.late_request_window from public, anon, authenticated, service_role;
