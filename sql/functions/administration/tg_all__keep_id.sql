-- A row that changes its id leaves the log of its old id without an end, and the one of its new id without a beginning.
create or replace function private.tg_all__keep_id()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '42501',
        message = format('The id of a row of %s is never changed.', tg_table_name),
        hint = 'Void or delete the row, and add another.';
end
$$;

comment on function private.tg_all__keep_id is
'Trigger function of the tables whose changes are on record: refuses a new id to everybody. Error: 42501.';
revoke all on function private.tg_all__keep_id from public, anon, authenticated, service_role;
