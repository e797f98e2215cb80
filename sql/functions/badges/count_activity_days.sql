-- What counts, and as what: without SET it is inlined. Only functions with a search_path call it.
create or replace function private.count_activity_days(
    mentor_ids uuid[]
)
returns setof private.activity_days
language sql
stable
security invoker
as $$
    select
        activity.mentor_id,
        activity.occurred_on,
        activity.activity_type,
        activity.delivery_mode,
        count(*),
        sum(activity.duration_minutes),
        sum(activity.participant_count)
    from public.activities as activity
    where activity.mentor_id = any (count_activity_days.mentor_ids) and activity.voided_at is null
    group by activity.mentor_id, activity.occurred_on, activity.activity_type, activity.delivery_mode
$$;

comment on function private.count_activity_days is
'What the rollup of these mentors should be, counted from their activities. For our functions only.';
revoke all on function private.count_activity_days from public, anon, authenticated, service_role;
