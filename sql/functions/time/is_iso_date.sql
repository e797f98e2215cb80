create or replace function private.is_iso_date(
    value text
)
returns boolean
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return is_iso_date.value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and make_date(
        substr(is_iso_date.value, 1, 4)::int, substr(is_iso_date.value, 6, 2)::int, substr(is_iso_date.value, 9, 2)::int
    ) is not null;
exception
    when datetime_field_overflow then
        return false;
end
$$;

comment on function private.is_iso_date is
'Is this text a date like 2026-01-31 that exists? For our functions only.';
revoke all on function private.is_iso_date from public, anon, authenticated, service_role;
