-- What a badge asked for, and when that was changed: the criteria themselves stay out, their hash shows whether a version
-- that somebody presents is the one that was in force.
create or replace function private.tg_badge_definitions__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'badge_definition',
            new_rows.id,
            'created',
            jsonb_build_object(
                'slug', new_rows.slug,
                'new_version', new_rows.criteria_version,
                'new_criteria_sha256', encode(sha256(convert_to(new_rows.criteria::text, 'UTF8')), 'hex'),
                'is_active', new_rows.is_active
            )
        )
        from new_rows;
    elsif tg_op = 'UPDATE' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'badge_definition',
            new_rows.id,
            change.kind,
            change.details
        )
        from new_rows
        inner join old_rows on old_rows.id = new_rows.id
        cross join lateral (
            select
                'criteria_changed',
                jsonb_build_object(
                    'old_version', old_rows.criteria_version,
                    'new_version', new_rows.criteria_version,
                    'old_criteria_sha256', encode(sha256(convert_to(old_rows.criteria::text, 'UTF8')), 'hex'),
                    'new_criteria_sha256', encode(sha256(convert_to(new_rows.criteria::text, 'UTF8')), 'hex')
                )
            where
                (old_rows.criteria, old_rows.criteria_version) is distinct from (new_rows.criteria, new_rows.criteria_version)
            union all
            select
                case when new_rows.is_active then 'activated' else 'deactivated' end,
                jsonb_build_object('criteria_version', new_rows.criteria_version)
            where old_rows.is_active <> new_rows.is_active
            union all
            -- By which other criteria name it.
            select 'slug_changed', jsonb_build_object('old_slug', old_rows.slug, 'new_slug', new_rows.slug)
            where old_rows.slug <> new_rows.slug
        ) as change (kind, details);
    else
        perform private.record_administrative_change(
            old_rows.organisation_id,
            'badge_definition',
            old_rows.id,
            'deleted',
            jsonb_build_object(
                'old_version', old_rows.criteria_version,
                'old_criteria_sha256', encode(sha256(convert_to(old_rows.criteria::text, 'UTF8')), 'hex')
            )
        )
        from old_rows;
    end if;
    return null;
end
$$;

comment on function private.tg_badge_definitions__record_changes is
'Trigger function of badge_definitions: an entry in administrative_changes for each definition created, changed in its
criteria or its slug, activated, deactivated or deleted.';
revoke all on function private.tg_badge_definitions__record_changes from public, anon, authenticated, service_role;
