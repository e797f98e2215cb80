-- What Supabase has and a plain PostgreSQL lacks, and the role that owns what we make.
-- Nothing that exists already is touched: on Supabase the roles and `auth` belong to others.

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
            -- No BYPASSRLS: with FORCE ROW LEVEL SECURITY even our own functions obey the policies.
            ('peerledger_owner', 'nologin')
        ) as wanted (role_name, attributes)
        where to_regrole(role_name) is null
    loop
        -- Roles belong to the whole cluster: a migrator in another database may be first.
        begin
            execute format('create role %I %s', v_role.role_name, v_role.attributes);
        exception
            when duplicate_object or unique_violation then
                raise notice 'role % was made by another session', v_role.role_name;
        end;
    end loop;
end
$$;

-- A superuser may become any role; Supabase's postgres only one that it is a member of.
do $$
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant peerledger_owner to %I', current_user);
    end if;
end
$$;

grant usage, create on schema public to peerledger_owner;
grant usage, create on schema private to peerledger_owner;
-- For the few helpers that the policies call; tables in it stay closed.
grant usage on schema private to authenticated;

-- The global form: with IN SCHEMA it would not reach what PUBLIC gets by default. It binds to our
-- owner role alone, so that neither it nor Supabase's own defaults for postgres touch anything else.
alter default privileges for role peerledger_owner revoke execute on functions from public;
alter default privileges for role peerledger_owner revoke usage on types from public;

do $$
begin
    if to_regnamespace('auth') is not null then
        return;
    end if;

    create schema auth;
    comment on schema auth is 'Made by Peerledger: what Supabase''s auth schema offers to SQL.';
    grant usage on schema auth to anon, authenticated, service_role;

    create function auth.jwt() returns jsonb
    language sql stable
    as 'select nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb';

    create function auth.uid() returns uuid
    language sql stable
    as 'select (auth.jwt() ->> ''sub'')::uuid';

    create function auth.role() returns text
    language sql stable
    as 'select auth.jwt() ->> ''role''';
end
$$;
