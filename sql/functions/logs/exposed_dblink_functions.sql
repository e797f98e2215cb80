-- Whoever installed it, and wherever: on a server that trusts its own loopback, a role that can open a connection can open
-- one as a superuser. Extensions in public get Supabase's default privileges, EXECUTE for anon among them.
create or replace function private.exposed_dblink_functions()
returns table (
    function_name text,
    role_name text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select dblink.oid::regprocedure::text, role.rolname::text
    from pg_extension as extension
    inner join pg_depend as member
        on
            member.refclassid = 'pg_extension'::regclass
            and member.refobjid = extension.oid
            and member.classid = 'pg_proc'::regclass
            and member.deptype = 'e'
    inner join pg_proc as dblink on dblink.oid = member.objid
    cross join pg_roles as role
    where
        extension.extname = 'dblink'
        and role.rolname in ('anon', 'authenticated', 'service_role')
        and has_schema_privilege(role.oid, dblink.pronamespace, 'usage')
        and has_function_privilege(role.oid, dblink.oid, 'execute')
    order by 1, 2
$$;

comment on function private.exposed_dblink_functions is
'The functions of dblink that an API role can execute; none should be. `peerledger record-attempts --print` has the revokes. '
'For our functions and the runner.';
revoke all on function private.exposed_dblink_functions from public, anon, authenticated, service_role;
