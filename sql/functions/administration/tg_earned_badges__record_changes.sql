-- What people do with badges by hand. The evaluation's own awards are in badge_evaluation_logs.
create or replace function private.tg_earned_badges__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
-- Old rows meet new ones by hashes or in order, also in a plan that is kept from a statement of one row.
set enable_nestloop = off
as $$
begin
    if tg_op = 'INSERT' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'badge',
            new_rows.badge_definition_id,
            'given',
            jsonb_build_object(
                'mentor_id', new_rows.mentor_id,
                'criteria_version', new_rows.criteria_version,
                'qualified_on', new_rows.qualified_on
            )
        )
        from new_rows;
    elsif tg_op = 'UPDATE' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'badge',
            new_rows.badge_definition_id,
            case
                when old_rows.revoked_at is null and new_rows.revoked_at is not null then 'revoked'
                when old_rows.revoked_at is not null and new_rows.revoked_at is null then 'reinstated'
                else 'changed'
            end,
            jsonb_strip_nulls(jsonb_build_object(
                'mentor_id', new_rows.mentor_id,
                'criteria_version', new_rows.criteria_version,
                'qualified_on', new_rows.qualified_on,
                'old_mentor_id', nullif(old_rows.mentor_id, new_rows.mentor_id),
                'old_badge_definition_id', nullif(old_rows.badge_definition_id, new_rows.badge_definition_id),
                'old_criteria_version', nullif(old_rows.criteria_version, new_rows.criteria_version),
                'old_qualified_on', nullif(old_rows.qualified_on, new_rows.qualified_on)
            ))
        )
        from new_rows
        inner join old_rows on old_rows.id = new_rows.id
        where
            (
                old_rows.organisation_id, old_rows.mentor_id, old_rows.badge_definition_id, old_rows.criteria_version,
                old_rows.qualified_on, old_rows.earned_at, old_rows.revoked_at
            ) is distinct from (
                new_rows.organisation_id, new_rows.mentor_id, new_rows.badge_definition_id, new_rows.criteria_version,
                new_rows.qualified_on, new_rows.earned_at, new_rows.revoked_at
            );
    else
        perform private.record_administrative_change(
            old_rows.organisation_id,
            'badge',
            old_rows.badge_definition_id,
            'deleted',
            jsonb_build_object(
                'mentor_id', old_rows.mentor_id,
                'criteria_version', old_rows.criteria_version,
                'was_revoked', old_rows.revoked_at is not null
            )
        )
        from old_rows;
    end if;
    return null;
end
$$;

comment on function private.tg_earned_badges__record_changes is
'Trigger function of earned_badges: an entry in administrative_changes for each badge given by hand, revoked, reinstated, changed or deleted.';
revoke all on function private.tg_earned_badges__record_changes from public, anon, authenticated, service_role;
