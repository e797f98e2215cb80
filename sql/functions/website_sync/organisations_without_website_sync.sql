create or replace function private.organisations_without_website_sync()
returns setof uuid
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select setting.organisation_id
    from public.organisation_settings as setting
    where not setting.website_sync_enabled
$$;

comment on function private.organisations_without_website_sync is
'The organisations whose sync is switched off; without settings it is on. For our functions only.';
revoke all on function private.organisations_without_website_sync from public, anon, authenticated, service_role;
