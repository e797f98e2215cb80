-- What returns rows of a table asks this first. The caller's query has counted the columns by then; should a migration add one
-- while the call waits for it, "select *" would have one too many (42804).
create or replace function private.columns_of(
    table_name regclass
)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(quote_ident(attribute.attname), ', ' order by attribute.attnum)
    from pg_attribute as attribute
    where attribute.attrelid = columns_of.table_name and attribute.attnum > 0 and not attribute.attisdropped
$$;

comment on function private.columns_of is
'The columns of a table as they are now, quoted, in order. For our functions only.';
revoke all on function private.columns_of from public, anon, authenticated, service_role;
