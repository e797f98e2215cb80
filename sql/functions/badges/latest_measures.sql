-- What was reached long ago cannot be added to any more: a window that was full last spring, a streak that has ended. Of each measure
-- with a window or a streak this is the part that an activity on the mentor's latest day, when the measures were computed
-- (mentor_measures.latest_on), or on a later one can add to.
--
-- Only of measures that are half of the way to their next threshold or further: the others leave room enough as they are.
create or replace function private.latest_measures(
    mentor_ids uuid[]
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_requests private.measure_request[];
begin
    select array_agg(row(mentor.mentor_id, measure.id, mentor.latest_on - reach.days, null)::private.measure_request)
    into v_requests
    from private.mentor_measures as mentor
    inner join private.badge_measures as measure on measure.organisation_id = mentor.organisation_id
    cross join lateral (
        select coalesce((mentor.measures ->> measure.id::text)::bigint, 0) as value
    ) as known
    cross join lateral (
        select measure.thresholds[width_bucket(known.value, measure.thresholds) + 1] as next
    ) as threshold
    cross join lateral (
        -- A window that ends later begins later than this. A longer streak than the threshold would have reached it.
        select
            case
                when measure.within_days is not null then measure.within_days - 1
                when measure.metric = 'consecutive_weeks' then 7 * least(threshold.next, 5000)::int
                when measure.metric = 'consecutive_months' then 31 * least(threshold.next, 5000)::int
            end as days
    ) as reach
    where
        mentor.mentor_id = any (latest_measures.mentor_ids)
        and reach.days is not null
        and known.value * 2 >= threshold.next;

    if v_requests is null then
        return '{}'::jsonb;
    end if;
    return (
        select jsonb_object_agg(of_mentor.mentor_id, of_mentor.measures)
        from (
            select
                exact.mentor_id,
                jsonb_object_agg(
                    exact.measure_id,
                    -- Of a streak's days the latest says how long the last one is.
                    case when measure.within_days is null then exact.latest else exact.value end
                ) as measures
            from private.exact_measures(v_requests) as exact
            inner join private.badge_measures as measure on measure.id = exact.measure_id
            group by exact.mentor_id
        ) as of_mentor
    );
end
$$;

comment on function private.latest_measures is
'By mentor and measure id: how much of a measure with a window or a streak activities from the mentor''s latest day on
can add to. For our functions only.';
revoke all on function private.latest_measures from public, anon, authenticated, service_role;
