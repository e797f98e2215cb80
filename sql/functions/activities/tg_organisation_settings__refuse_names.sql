-- The entry of administrative_changes repeats the list.
create or replace function private.tg_organisation_settings__refuse_names()
returns trigger
language plpgsql
volatile
security definer -- looks for names that the caller may not see
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem text := (
        select min(private.code_problem(code, null)) from unnest(new.activity_types) as code
    );
begin
    if v_problem is not null then
        raise exception using
            errcode = '22023',
            message = format('A code of activity_types %s.', v_problem),
            detail = 'activity_types',
            hint = 'A code says what was done, such as group_meeting, and never with whom.';
    end if;
    return new;
end
$$;

comment on function private.tg_organisation_settings__refuse_names is
'Trigger function of organisation_settings: refuses codes that hold the name of a mentor. Error: 22023, DETAIL activity_types.';
revoke all on function private.tg_organisation_settings__refuse_names from public, anon, authenticated, service_role;
