-- Who could see whom, and since when.
create or replace function private.tg_coordinator_assignments__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A changed assignment is one taken and another given.
    if tg_op in ('UPDATE', 'DELETE') then
        perform private.record_administrative_change(
            old_rows.organisation_id,
            'coordinator_assignment',
            old_rows.id,
            'taken',
            jsonb_build_object('user_id', old_rows.user_id, 'chapter_id', old_rows.chapter_id)
        )
        from old_rows;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'coordinator_assignment',
            new_rows.id,
            'given',
            jsonb_build_object('user_id', new_rows.user_id, 'chapter_id', new_rows.chapter_id)
        )
        from new_rows;
    end if;
    return null;
end
$$;

comment on function private.tg_coordinator_assignments__record_changes is
'Trigger function of coordinator_assignments: an entry in administrative_changes for each assignment given or taken.';
revoke all on function private.tg_coordinator_assignments__record_changes from public, anon, authenticated, service_role;
