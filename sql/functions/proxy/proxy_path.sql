create or replace function private.proxy_path(
    entry_index int,
    field text
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select format('entries[%s]', proxy_path.entry_index) || coalesce('.' || proxy_path.field, '')
$$;

comment on function private.proxy_path is
'Where in a bulk something is: entries[17].mentor_id. For our functions only.';
revoke all on function private.proxy_path from public, anon, authenticated, service_role;
