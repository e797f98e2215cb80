-- Who is calling: the `sub` of the JWT, as auth.uid() reads it. Read directly, because on Supabase
-- our owner role cannot be given USAGE on the schema `auth`. Who is no uuid is nobody: the cast would quote it.
create or replace function private.caller_id()
returns uuid
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case when claims.sub ~* '^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$' then claims.sub::uuid end
    from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub' as sub) as claims
$$;

comment on function private.caller_id is
'The user id of the caller from the JWT claims; null when there is none or it is no uuid. Callable by authenticated (policies need it).';
revoke all on function private.caller_id from public, anon, authenticated, service_role;
grant execute on function private.caller_id to authenticated;
