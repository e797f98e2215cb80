-- The REST API cuts the result of a function at max_rows without an error: a worker would hold leases that it never
-- hears of. Where the cap is set for PostgREST's login role, as Supabase does, it can be seen here.
create or replace function private.row_cap()
returns int
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_setting constant text := current_setting('pgrst.db_max_rows', true);
begin
    if v_setting ~ '^[1-9][0-9]{0,8}$' then
        return least(v_setting::int, 1000);
    end if;
    return 1000;
end
$$;

comment on function private.row_cap is
'The most rows that a claim may return: 1,000, or less where pgrst.db_max_rows says so. For our functions only.';
revoke all on function private.row_cap from public, anon, authenticated, service_role;
