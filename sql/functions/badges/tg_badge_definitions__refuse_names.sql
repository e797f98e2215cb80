-- A slug is copied into administrative_changes. It may begin with a number, and "10000-hours" is a badge; a number of eight
-- digits is somebody's. Whoever may write one may know of all mentors.
create or replace function private.tg_badge_definitions__refuse_names()
returns trigger
language plpgsql
volatile
security definer -- looks for names that the caller may not see
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        regexp_replace(new.slug, '(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]', '') ~ '([0-9][_-]*){8}'
        or private.names_a_mentor(new.slug, null, null)
    then
        raise exception using
            errcode = '22023',
            message = 'The slug of a badge holds the name of a mentor, or a number of eight digits or more.',
            detail = 'slug',
            hint = 'A slug says what the badge is for, such as first-conversation.';
    end if;
    return new;
end
$$;

comment on function private.tg_badge_definitions__refuse_names is
'Trigger function of badge_definitions: refuses slugs that hold the name of a mentor. Error: 22023, DETAIL slug.';
revoke all on function private.tg_badge_definitions__refuse_names from public, anon, authenticated, service_role;
