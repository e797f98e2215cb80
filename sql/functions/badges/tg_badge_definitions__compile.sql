create or replace function private.tg_badge_definitions__compile()
returns trigger
language plpgsql
volatile
security definer -- writes the compiled rules, which no caller may touch
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' then
        -- What was found of mentors speaks of it.
        update private.badge_catalogues as catalogue
        set version = catalogue.version + 1
        where catalogue.organisation_id in (select written_rows.organisation_id from written_rows);
        return null;
    end if;
    perform private.compile_badges((select array_agg(written_rows.id) from written_rows));
    return null;
end
$$;

comment on function private.tg_badge_definitions__compile is
'Trigger function of badge_definitions: compiles what was written. Error: PL001.';
revoke all on function private.tg_badge_definitions__compile from public, anon, authenticated, service_role;
