-- Every later state of an activity, by whomever and by whatever way, in the same statement or not at all. A change of
-- nothing but updated_at is none.
create or replace function private.tg_activities__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
-- Old rows meet new ones by hashes or in order, also in a plan that is kept from a statement of one row.
set enable_nestloop = off
as $$
begin
    if tg_op = 'UPDATE' then
        insert into public.activity_changes (
            organisation_id, activity_id, mentor_id, change_kind, changed_by, before, after
        )
        select
            new_rows.organisation_id,
            new_rows.id,
            new_rows.mentor_id,
            case
                when old_rows.voided_at is null and new_rows.voided_at is not null then 'voided'
                when old_rows.voided_at is not null and new_rows.voided_at is null then 'restored'
                else 'changed'
            end,
            (select private.caller_id()),
            private.activity_change_record(to_jsonb(old_rows)),
            private.activity_change_record(to_jsonb(new_rows))
        from new_rows
        inner join old_rows on old_rows.id = new_rows.id
        where
            (
                old_rows.organisation_id, old_rows.mentor_id, old_rows.coordinator_id, old_rows.activity_type,
                old_rows.occurred_on, old_rows.duration_minutes, old_rows.participant_count, old_rows.delivery_mode,
                old_rows.voided_at, old_rows.created_at, old_rows.event_id, old_rows.place, old_rows.role
            ) is distinct from (
                new_rows.organisation_id, new_rows.mentor_id, new_rows.coordinator_id, new_rows.activity_type,
                new_rows.occurred_on, new_rows.duration_minutes, new_rows.participant_count, new_rows.delivery_mode,
                new_rows.voided_at, new_rows.created_at, new_rows.event_id, new_rows.place, new_rows.role
            );
    else
        insert into public.activity_changes (
            organisation_id, activity_id, mentor_id, change_kind, changed_by, before
        )
        select
            old_rows.organisation_id,
            old_rows.id,
            old_rows.mentor_id,
            'deleted',
            (select private.caller_id()),
            private.activity_change_record(to_jsonb(old_rows))
        from old_rows;
    end if;
    return null;
exception
    when others then
        perform private.refuse_unaudited(sqlstate);
        return null;
end
$$;

comment on function private.tg_activities__record_changes is
'Trigger function of activities: one entry in activity_changes for each activity that was changed, voided, restored or
deleted. When it cannot be written the statement fails with the error that prevented it.';
revoke all on function private.tg_activities__record_changes from public, anon, authenticated, service_role;
