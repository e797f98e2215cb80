create or replace function private.tg_badge_definitions__compile()
returns trigger
language plpgsql
volatile
security definer -- writes the compiled rules, which no caller may touch
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' then
        -- Its rule went with it.
        perform private.renew_badge_catalogues(array(
            select distinct written_rows.organisation_id
            from written_rows
            order by written_rows.organisation_id
        ));
        return null;
    end if;
    perform private.compile_badges((select array_agg(written_rows.id) from written_rows));
    return null;
end
$$;

comment on function private.tg_badge_definitions__compile is
'Trigger function of badge_definitions: compiles what was written. Error: PL001.';
revoke all on function private.tg_badge_definitions__compile from public, anon, authenticated, service_role;
