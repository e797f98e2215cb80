-- Who is calling: the `sub` of the JWT, as auth.uid() reads it. Read directly, because on Supabase
-- our owner role cannot be given USAGE on the schema `auth`.
create or replace function private.caller_id()
returns uuid
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid
$$;

comment on function private.caller_id is
'The user id of the caller from the JWT claims, or null. Callable by authenticated (policies need it).';
revoke all on function private.caller_id from public, anon, authenticated, service_role;
grant execute on function private.caller_id to authenticated;
