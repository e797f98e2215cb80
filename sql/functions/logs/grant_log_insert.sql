-- Whoever chose recorded_in could keep an entry out of the seals.
create or replace procedure private.grant_log_insert(
    target regclass,
    to_role name
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'grant insert (%s) on table %s to %I',
        (
            select string_agg(quote_ident(field.attname), ', ' order by field.attnum)
            from pg_attribute as field
            where
                field.attrelid = grant_log_insert.target
                and field.attnum > 0
                and not field.attisdropped
                and field.attname <> 'recorded_in'
        ),
        grant_log_insert.target,
        grant_log_insert.to_role
    );
end
$$;

comment on procedure private.grant_log_insert is
'Lets a role add entries to a log, but for the number of the transaction, which the database stamps. For the owner role only.';
revoke all on procedure private.grant_log_insert from public, anon, authenticated, service_role;
