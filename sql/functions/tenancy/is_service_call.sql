-- Inside a SECURITY DEFINER function current_user is the owner; the `role` setting still names whom
-- the caller became with SET ROLE, as the REST API does. USAGE, not MEMBER: a login that could
-- become service_role but did not, is not trusted.
create or replace function private.is_service_call()
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        pg_has_role(caller.role_name, 'service_role', 'usage')
        or pg_has_role(caller.role_name, 'peerledger_owner', 'usage')
    from (select coalesce(nullif(current_setting('role', true), 'none'), session_user) as role_name) as caller
$$;

comment on function private.is_service_call is
'Is the caller service_role or the database''s own staff, who need no assignment? For our functions only.';
revoke all on function private.is_service_call from public, anon, authenticated, service_role;
