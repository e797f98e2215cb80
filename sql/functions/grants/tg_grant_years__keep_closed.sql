create or replace function private.tg_grant_years__keep_closed()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '42501',
        message = 'What was counted in a closed year stays as it was closed.',
        hint = 'get_grant_differences(org_id, year) tells what would be counted differently now.';
end
$$;

comment on function private.tg_grant_years__keep_closed is
'Trigger function of grant_years and of the lists of closed years: refuses every change, to everybody. Error: 42501.';
revoke all on function private.tg_grant_years__keep_closed from public, anon, authenticated, service_role;
