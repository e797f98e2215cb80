-- pg_input_is_valid is not in PostgreSQL 15.
create or replace function private.can_cast(
    value text,
    type_name text
)
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('select %L::%s', can_cast.value, can_cast.type_name::regtype);
    return true;
exception
    when data_exception then
        return false;
end
$$;

comment on function private.can_cast is
'Can this text be read as a value of the type? For peerledger load only.';
revoke all on function private.can_cast from public, anon, authenticated, service_role;
