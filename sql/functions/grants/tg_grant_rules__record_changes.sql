-- Of an organisation's own rules. The published ones come with a version, whose migrations are their record.
create or replace function private.tg_grant_rules__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        perform private.record_administrative_change(
            new_rows.organisation_id, 'grant_rule', new_rows.id, 'added',
            to_jsonb(new_rows) - array['id', 'organisation_id', 'created_at']
        )
        from new_rows
        where new_rows.organisation_id is not null;
    elsif tg_op = 'UPDATE' then
        perform private.record_administrative_change(
            new_rows.organisation_id, 'grant_rule', new_rows.id, 'ended',
            jsonb_build_object(
                'category', new_rows.category, 'old_valid_to', old_rows.valid_to, 'new_valid_to', new_rows.valid_to
            )
        )
        from new_rows
        inner join old_rows on old_rows.id = new_rows.id
        where new_rows.organisation_id is not null and new_rows.valid_to is distinct from old_rows.valid_to;
    else
        perform private.record_administrative_change(
            old_rows.organisation_id, 'grant_rule', old_rows.id, 'deleted',
            to_jsonb(old_rows) - array['id', 'organisation_id', 'created_at']
        )
        from old_rows
        where old_rows.organisation_id is not null;
    end if;
    return null;
end
$$;

comment on function private.tg_grant_rules__record_changes is
'Trigger function of grant_rules: an entry in administrative_changes for each rule of an organisation that was added, ended or deleted.';
revoke all on function private.tg_grant_rules__record_changes from public, anon, authenticated, service_role;
