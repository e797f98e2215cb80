-- What happens when activities are inserted: the statement is summed up by mentor and by day, and
-- handed to private.evaluate_activities. Everything else follows from there.
create or replace function private.tg_activities__evaluate_inserted()
returns trigger
language plpgsql
volatile
security definer -- evaluates and logs with rights that no caller has
set search_path = pg_catalog, pg_temp
as $$
declare
    v_touched private.touched_mentor[];
    v_deltas private.activity_days[];
begin
    with mentors as (
        select new_rows.mentor_id, new_rows.organisation_id, array_agg(new_rows.id) as activity_ids
        from new_rows
        group by new_rows.mentor_id, new_rows.organisation_id
    ),
    days as (
        select
            new_rows.mentor_id,
            new_rows.occurred_on,
            new_rows.activity_type,
            new_rows.delivery_mode,
            count(*) as activity_count,
            sum(new_rows.duration_minutes)::bigint as minutes_total,
            sum(new_rows.participant_count)::bigint as participants_total
        from new_rows
        where new_rows.voided_at is null
        group by new_rows.mentor_id, new_rows.occurred_on, new_rows.activity_type, new_rows.delivery_mode
    )
    select
        (select array_agg(row(mentors.*)::private.touched_mentor order by mentors.mentor_id) from mentors),
        (select array_agg(row(days.*)::private.activity_days) from days)
    into v_touched, v_deltas;

    -- Nothing was inserted, as when every row was there already.
    if v_touched is not null then
        perform private.evaluate_activities(v_touched, v_deltas, 'activity_insert');
    end if;
    return null;
end
$$;

comment on function private.tg_activities__evaluate_inserted is
'Trigger function of activities: evaluates the badges of the mentors of the statement.';
revoke all on function private.tg_activities__evaluate_inserted from public, anon, authenticated, service_role;
