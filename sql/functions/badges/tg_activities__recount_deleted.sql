-- Deleting takes something away, so there is nothing to award; the rollups only have to stay exact.
create or replace function private.tg_activities__recount_deleted()
returns trigger
language plpgsql
volatile
security definer -- keeps the rollups, which no caller may touch
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_mentor_ids uuid[] := (select array_agg(distinct old_rows.mentor_id) from old_rows);
    v_added private.activity_days[];
begin
    if v_mentor_ids is null then
        return null;
    end if;

    select array_agg(row(day.*)::private.activity_days)
    into v_added
    from (
        select
            old_rows.mentor_id,
            old_rows.occurred_on,
            old_rows.activity_type,
            old_rows.delivery_mode,
            -count(*),
            -sum(old_rows.duration_minutes)::bigint,
            -sum(old_rows.participant_count)::bigint
        from old_rows
        where old_rows.voided_at is null
        group by old_rows.mentor_id, old_rows.occurred_on, old_rows.activity_type, old_rows.delivery_mode
    ) as day;

    perform private.lock_mentor_measures(v_mentor_ids);
    perform private.record_activity_days(v_mentor_ids, private.count_changed_days(v_added));
    perform private.refresh_measures(v_mentor_ids);
    return null;
end
$$;

comment on function private.tg_activities__recount_deleted is
'Trigger function of activities: keeps the rollups exact.';
revoke all on function private.tg_activities__recount_deleted from public, anon, authenticated, service_role;
