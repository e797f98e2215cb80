create or replace function private.rebuild_activity_days(
    mentor_ids uuid[]
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    delete from private.activity_days as day
    where day.mentor_id = any (rebuild_activity_days.mentor_ids);

    insert into private.activity_days (
        mentor_id, occurred_on, activity_type, delivery_mode, activity_count, minutes_total, participants_total
    )
    select
        activity.mentor_id,
        activity.occurred_on,
        activity.activity_type,
        activity.delivery_mode,
        count(*),
        sum(activity.duration_minutes),
        sum(activity.participant_count)
    from public.activities as activity
    where activity.mentor_id = any (rebuild_activity_days.mentor_ids) and activity.voided_at is null
    group by activity.mentor_id, activity.occurred_on, activity.activity_type, activity.delivery_mode;
$$;

comment on function private.rebuild_activity_days is
'Recomputes the rollup of these mentors from their activities. For our functions only; lock first.';
revoke all on function private.rebuild_activity_days from public, anon, authenticated, service_role;
