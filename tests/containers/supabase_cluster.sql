-- Makes a cluster whose superuser is supabase_admin behave like a hosted Supabase one: what all
-- databases share. Once a cluster, as supabase_admin; supabase_database.sql does the rest.
-- Left out: supautils' reserved roles, safeupdate, and the roles of storage, realtime and dashboard.

create role postgres login createdb createrole replication bypassrls;
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit;
create role supabase_auth_admin login noinherit createrole;

grant anon, authenticated, service_role to authenticator;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;
-- supautils lets postgres set it, as restoring a dump of the Supabase CLI takes.
grant set on parameter session_replication_role to postgres;

-- From PostgreSQL 16 on CREATEROLE is not enough to grant a role: that takes its admin option.
do $$
begin
    if current_setting('server_version_num')::int >= 160000 then
        grant anon, authenticated, service_role, authenticator to postgres with admin option;
        grant pg_create_subscription to postgres;
    else
        grant anon, authenticated, service_role to postgres;
    end if;
end
$$;

alter role supabase_admin set search_path = "$user", public, auth, extensions;
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
