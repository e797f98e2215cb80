-- A switch that was off explains a gap in a log; so each column that changed is an entry of its own.
create or replace function private.tg_organisation_settings__record_changes()
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
            'organisation_settings',
            new_rows.organisation_id,
            'set',
            jsonb_build_object('column', setting.key, 'old', null, 'new', setting.value)
        )
        from new_rows
        cross join lateral jsonb_each(to_jsonb(new_rows) - 'organisation_id') as setting;
    elsif tg_op = 'UPDATE' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'organisation_settings',
            new_rows.organisation_id,
            'set',
            jsonb_build_object('column', setting.key, 'old', to_jsonb(old_rows) -> setting.key, 'new', setting.value)
        )
        from new_rows
        inner join old_rows on old_rows.organisation_id = new_rows.organisation_id
        cross join lateral jsonb_each(to_jsonb(new_rows)) as setting
        where setting.value is distinct from to_jsonb(old_rows) -> setting.key;
    else
        perform private.record_administrative_change(
            old_rows.organisation_id,
            'organisation_settings',
            old_rows.organisation_id,
            'reset',
            jsonb_build_object('column', setting.key, 'old', setting.value, 'new', null)
        )
        from old_rows
        cross join lateral jsonb_each(to_jsonb(old_rows) - 'organisation_id') as setting;
    end if;
    return null;
end
$$;

comment on function private.tg_organisation_settings__record_changes is
'Trigger function of organisation_settings: an entry in administrative_changes for each column that was set; reset: the row
was deleted and the defaults apply.';
revoke all on function private.tg_organisation_settings__record_changes from public, anon, authenticated, service_role;
