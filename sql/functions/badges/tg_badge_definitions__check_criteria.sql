-- Before a definition is stored: its shape is checked, and a changed question becomes a new version.
create or replace function private.tg_badge_definitions__check_criteria()
returns trigger
language plpgsql
volatile
security definer -- reads the criteria of the organisation's other badges, whatever the caller may see
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.check_criteria(new.criteria);

    if tg_op = 'UPDATE' then
        new.criteria_version := old.criteria_version + (new.criteria is distinct from old.criteria)::int;
        -- A definition that is sent back as it was read has not changed.
        new.updated_at := old.updated_at;
        if row(new.*) is distinct from row(old.*) then
            new.updated_at := now();
        end if;

        if new.organisation_id is distinct from old.organisation_id then
            raise exception using
                errcode = '22023',
                message = 'A badge cannot move to another organisation.',
                hint = 'Define a new badge there.';
        end if;
        if new.slug is distinct from old.slug and exists (
            select
            from public.badge_definitions as other
            cross join lateral private.criteria_leaves(other.criteria) as part
            where other.organisation_id = old.organisation_id and part.leaf ->> 'badge' = old.slug
        ) then
            raise exception using
                errcode = '22023',
                message = format('The slug "%s" cannot change: the criteria of another badge name it.', old.slug),
                hint = 'Change those criteria first.';
        end if;
    end if;
    return new;
end
$$;

comment on function private.tg_badge_definitions__check_criteria is
'Trigger function of badge_definitions. Errors: PL001 criteria, 22023.';
revoke all on function private.tg_badge_definitions__check_criteria from public, anon, authenticated, service_role;
