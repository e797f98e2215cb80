-- What a dump of Peerledger names and does not hold: the roles belong to the cluster, and the owner must be allowed to
-- have objects in both schemas before any is given to it. Changes nothing that is there. As 0001.platform has it.
do $$
declare
    v_role record;
begin
    for v_role in
        select role_name, attributes
        from (
            values
            ('anon', 'nologin noinherit'),
            ('authenticated', 'nologin noinherit'),
            ('service_role', 'nologin noinherit bypassrls'),
            ('peerledger_owner', 'nologin')
        ) as wanted (role_name, attributes)
        where to_regrole(role_name) is null
    loop
        begin
            execute format('create role %I %s', v_role.role_name, v_role.attributes);
        exception
            when duplicate_object or unique_violation then
                raise notice 'role % was made by another session', v_role.role_name;
        end;
    end loop;

    if
        not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
        and not pg_catalog.pg_has_role(current_user, 'peerledger_owner', 'usage')
    then
        execute format('grant peerledger_owner to %I', current_user);
    end if;
end
$$;

create schema if not exists private;
grant usage, create on schema public to peerledger_owner;
grant usage, create on schema private to peerledger_owner;
