-- Deleting takes something away, so there is nothing to award; the rollups only have to stay exact.
create or replace function private.on_activities_deleted()
returns trigger
language plpgsql
volatile
security definer -- keeps the rollups, which no caller may touch
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor_ids uuid[];
begin
    select array_agg(distinct old_rows.mentor_id) into v_mentor_ids from old_rows;

    if v_mentor_ids is not null then
        perform private.lock_mentor_measures(v_mentor_ids);
        perform private.rebuild_activity_days(v_mentor_ids);
        perform private.rebuild_measures(v_mentor_ids);
    end if;
    return null;
end
$$;

comment on function private.on_activities_deleted is
'Trigger function of activities: keeps the rollups exact.';
revoke all on function private.on_activities_deleted from public, anon, authenticated, service_role;

create or replace trigger _500_recount_deleted
after delete on public.activities
referencing old table as old_rows
for each statement execute function private.on_activities_deleted();
