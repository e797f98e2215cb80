create or replace function private.rebuild_activity_days(
    mentor_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from private.activity_days as day
    where day.mentor_id = any (rebuild_activity_days.mentor_ids);

    insert into private.activity_days (
        mentor_id, occurred_on, activity_type, delivery_mode, activity_count, minutes_total, participants_total
    )
    select
        day.mentor_id,
        day.occurred_on,
        day.activity_type,
        day.delivery_mode,
        day.activity_count,
        day.minutes_total,
        day.participants_total
    from private.count_activity_days(rebuild_activity_days.mentor_ids) as day;
end
$$;

comment on function private.rebuild_activity_days is
'Recomputes the rollup of these mentors from their activities. For our functions only; lock first.';
revoke all on function private.rebuild_activity_days from public, anon, authenticated, service_role;
