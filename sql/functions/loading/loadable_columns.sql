create or replace function private.loadable_columns(
    table_name text
)
returns table (
    column_name text,
    type_name text,
    is_required boolean,
    is_key boolean,
    default_expression text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        attribute.attname::text,
        format_type(attribute.atttypid, attribute.atttypmod),
        attribute.attnotnull and stored.adbin is null,
        attribute.attnum = any (primary_key.conkey),
        pg_get_expr(stored.adbin, stored.adrelid)
    from pg_attribute as attribute
    inner join pg_constraint as primary_key on primary_key.conrelid = attribute.attrelid and primary_key.contype = 'p'
    left join pg_attrdef as stored on stored.adrelid = attribute.attrelid and stored.adnum = attribute.attnum
    where
        attribute.attrelid = format('public.%I', loadable_columns.table_name)::regclass
        and attribute.attnum > 0
        and not attribute.attisdropped
        -- The database fills these itself.
        and attribute.attgenerated = ''
        and attribute.attidentity = ''
    order by attribute.attnum
$$;

comment on function private.loadable_columns is
'The columns of a public table that a file may fill: required ones are neither null nor have a default. For peerledger load only.';
revoke all on function private.loadable_columns from public, anon, authenticated, service_role;
