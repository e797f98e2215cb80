-- What happens when activities are inserted: the statement is summed up by mentor and by day, and
-- handed to private.evaluate_activities. Everything else follows from there.
create or replace function private.on_activities_inserted()
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
    select array_agg(row(mentor.*)::private.touched_mentor order by mentor.mentor_id)
    into v_touched
    from (
        select new_rows.mentor_id, new_rows.organisation_id, array_agg(new_rows.id)
        from new_rows
        group by new_rows.mentor_id, new_rows.organisation_id
    ) as mentor;

    -- Nothing was inserted, as when every row was there already.
    if v_touched is null then
        return null;
    end if;

    select array_agg(row(day.*)::private.activity_days)
    into v_deltas
    from (
        select
            new_rows.mentor_id,
            new_rows.occurred_on,
            new_rows.activity_type,
            new_rows.delivery_mode,
            count(*),
            sum(new_rows.duration_minutes)::bigint,
            sum(new_rows.participant_count)::bigint
        from new_rows
        where new_rows.voided_at is null
        group by new_rows.mentor_id, new_rows.occurred_on, new_rows.activity_type, new_rows.delivery_mode
    ) as day;

    perform private.evaluate_activities(v_touched, v_deltas, 'activity_insert');
    return null;
end
$$;

comment on function private.on_activities_inserted is
'Trigger function of activities: evaluates the badges of the mentors of the statement.';
revoke all on function private.on_activities_inserted from public, anon, authenticated, service_role;

create or replace trigger _500_evaluate_badges_inserted
after insert on public.activities
referencing new table as new_rows
for each statement execute function private.on_activities_inserted();
