create or replace function private.rollup_differences(
    mentor_ids uuid[]
)
returns table (
    mentor_id uuid,
    occurred_on date
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with kept as (
        select day.*
        from private.activity_days as day
        where day.mentor_id = any (rollup_differences.mentor_ids) and day.activity_count <> 0
    )
    select coalesce(kept.mentor_id, counted.mentor_id), coalesce(kept.occurred_on, counted.occurred_on)
    from kept
    full join private.count_activity_days(rollup_differences.mentor_ids) as counted
        on counted.mentor_id = kept.mentor_id
        and counted.occurred_on = kept.occurred_on
        and counted.activity_type = kept.activity_type
        and counted.delivery_mode = kept.delivery_mode
    where
        (kept.activity_count, kept.minutes_total, kept.participants_total)
        is distinct from (counted.activity_count, counted.minutes_total, counted.participants_total)
$$;

comment on function private.rollup_differences is
'The days on which the rollup of these mentors disagrees with their activities. For our functions only.';
revoke all on function private.rollup_differences from public, anon, authenticated, service_role;
