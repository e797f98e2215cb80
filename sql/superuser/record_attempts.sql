-- Lets refused attempts to change a log be recorded at once where the migrating role is no superuser, as on a self-hosted
-- Supabase. For a superuser, in one transaction: `peerledger record-attempts`, or psql --single-transaction --file.
-- dblink goes into the schema private, never into public, where default privileges give anon all of its functions; and
-- wherever it was already, the API roles lose it.
do $$
declare
    v_function regprocedure;
begin
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        raise exception using
            errcode = '42501',
            message = 'Only a superuser can do this.',
            hint = 'On a self-hosted Supabase that is supabase_admin.';
    end if;
    if not exists (select from pg_catalog.pg_extension where extname = 'dblink') then
        create extension dblink with schema private;
    end if;
    for v_function in
        select member.objid::regprocedure
        from pg_catalog.pg_depend as member
        inner join pg_catalog.pg_extension as extension on extension.oid = member.refobjid
        where
            member.refclassid = 'pg_catalog.pg_extension'::regclass
            and member.classid = 'pg_catalog.pg_proc'::regclass
            and member.deptype = 'e'
            and extension.extname = 'dblink'
    loop
        execute format('revoke all on function %s from public, anon, authenticated, service_role', v_function);
    end loop;

    -- What becomes the superuser's must be what this version says: whoever migrates could have written anything into it.
    alter function private.write_security_event (jsonb) owner to current_user;
    if not exists (
        select
        from pg_catalog.pg_proc as writer
        where
            writer.oid = 'private.write_security_event(jsonb)'::regprocedure
            and encode(sha256(convert_to(writer.prosrc, 'UTF8')), 'hex') = '0fdadfc9c2e5d0017917aa4d01abaae169358b8c3caafbcf28131a38168df1da'
            and writer.prosecdef
            and writer.proconfig = array['search_path=pg_catalog, pg_temp']
            and writer.prolang = (select oid from pg_catalog.pg_language where lanname = 'plpgsql')
    ) then
        raise exception using
            errcode = 'P0001',
            message = 'private.write_security_event is not what this version of Peerledger says.',
            hint = 'Nothing was changed. Who replaced it? `peerledger status`, and docs/security.md.';
    end if;
    revoke all on function private.write_security_event (jsonb) from public, anon, authenticated, service_role;
    grant execute on function private.write_security_event (jsonb) to peerledger_owner;
end
$$;
