-- Counted after the mentors were locked, and as a whole: whatever another session, or another trigger of this statement,
-- has added to such a day is in it.
create or replace function private.count_changed_days(
    added private.activity_days[]
)
returns private.day_change[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select array_agg(
            row(
                change.mentor_id,
                change.occurred_on,
                change.activity_type,
                change.delivery_mode,
                counted.activity_count,
                counted.minutes_total,
                counted.participants_total,
                change.activity_count,
                change.minutes_total,
                change.participants_total,
                counted.day_minutes
            )::private.day_change
        )
        from unnest(count_changed_days.added) as change
        cross join lateral (
            select
                count(*) filter (where same.is_kind) as activity_count,
                coalesce(sum(activity.duration_minutes) filter (where same.is_kind), 0) as minutes_total,
                coalesce(sum(activity.participant_count) filter (where same.is_kind), 0) as participants_total,
                coalesce(sum(activity.duration_minutes), 0) as day_minutes
            from public.activities as activity
            cross join lateral (
                select
                    activity.activity_type = change.activity_type
                    and activity.delivery_mode = change.delivery_mode as is_kind
            ) as same
            where
                activity.mentor_id = change.mentor_id
                and activity.occurred_on = change.occurred_on
                and activity.voided_at is null
        ) as counted
    );
end
$$;

comment on function private.count_changed_days is
'The rows that the rollup is to have for these days, types and modes, and what a statement added to them (negative: took
away). For our functions only; lock the mentors first.';
revoke all on function private.count_changed_days from public, anon, authenticated, service_role;
