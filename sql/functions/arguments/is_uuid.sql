-- Asked of every entry of what is sent as JSON: without SET it is inlined. Only functions with a search_path call it.
create or replace function private.is_uuid(
    value text
)
returns boolean
language sql
immutable
security invoker
as $$
    select is_uuid.value ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
$$;

comment on function private.is_uuid is
'Is this text a uuid as PostgreSQL writes it? Null for null. For our functions only.';
revoke all on function private.is_uuid from public, anon, authenticated, service_role;
