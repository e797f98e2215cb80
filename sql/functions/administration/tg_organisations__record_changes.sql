-- The time zone decides what "today" is for certificates, limits and reports.
create or replace function private.tg_organisations__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        perform private.record_administrative_change(
            new_rows.id,
            'organisation',
            new_rows.id,
            'created',
            jsonb_build_object('slug', new_rows.slug, 'time_zone', new_rows.time_zone)
        )
        from new_rows;
    elsif tg_op = 'UPDATE' then
        perform private.record_administrative_change(
            new_rows.id,
            'organisation',
            new_rows.id,
            change.kind,
            change.details
        )
        from new_rows
        inner join old_rows on old_rows.id = new_rows.id
        cross join lateral (
            select
                'time_zone_changed',
                jsonb_build_object('old_time_zone', old_rows.time_zone, 'new_time_zone', new_rows.time_zone)
            where old_rows.time_zone <> new_rows.time_zone
            union all
            select 'slug_changed', jsonb_build_object('old_slug', old_rows.slug, 'new_slug', new_rows.slug)
            where old_rows.slug <> new_rows.slug
        ) as change (kind, details);
    else
        perform private.record_administrative_change(
            old_rows.id,
            'organisation',
            old_rows.id,
            'deleted',
            '{}'
        )
        from old_rows;
    end if;
    return null;
end
$$;

comment on function private.tg_organisations__record_changes is
'Trigger function of organisations: an entry in administrative_changes for each organisation created, deleted, moved to another time zone or given
another slug.';
revoke all on function private.tg_organisations__record_changes from public, anon, authenticated, service_role;
