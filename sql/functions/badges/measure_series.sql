-- How each measure grew, day by day: the only definition of the metrics. A measure's value is the greatest of its
-- series, and a threshold was met on the first day that reaches it. Evaluation, evidence, progress, preview and the check
-- all read from here. One pass over the days, whatever the metric: what enters adds to a running sum, what leaves a window
-- takes away from it.
create or replace function private.measure_series(
    requests private.measure_request[],
    measures private.badge_measures[],
    from_activities boolean default false,
    given private.activity_days[] default null
)
returns table (
    mentor_id uuid,
    measure_id bigint,
    reached_on date,
    value bigint
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
-- PL/pgSQL, because it keeps its plan: a SQL function would be planned anew in every insert.
begin
    return query
    with counted as (
        select
            request.mentor_id,
            measure.id as measure_id,
            measure.metric,
            measure.within_days,
            day.occurred_on,
            day.activity_type,
            case measure.metric
                when 'activity_count' then day.activity_count
                when 'minutes_total' then day.minutes_total
                when 'participants_total' then day.participants_total
                else 1
            end as amount
        from unnest(measure_series.requests) as request
        inner join unnest(measure_series.measures) as measure on measure.id = request.measure_id
        cross join lateral (
            select
                coalesce(greatest(request.first_day, measure.from_on), '-infinity') as first_day,
                coalesce(least(request.last_day, measure.to_on), 'infinity') as last_day
        ) as between_days
        cross join lateral (
            select
                rollup.occurred_on,
                rollup.activity_type,
                rollup.delivery_mode,
                rollup.activity_count,
                rollup.minutes_total,
                rollup.participants_total
            from private.activity_days as rollup
            where
                not measure_series.from_activities
                and measure_series.given is null
                and rollup.mentor_id = request.mentor_id
                and rollup.occurred_on between between_days.first_day and between_days.last_day
                and rollup.activity_count > 0
            union all
            select
                activity.occurred_on,
                activity.activity_type,
                activity.delivery_mode,
                1,
                activity.duration_minutes,
                activity.participant_count
            from public.activities as activity
            where
                measure_series.from_activities
                and measure_series.given is null
                and activity.mentor_id = request.mentor_id
                and activity.occurred_on between between_days.first_day and between_days.last_day
                and activity.voided_at is null
            union all
            select
                given.occurred_on,
                given.activity_type,
                given.delivery_mode,
                given.activity_count,
                given.minutes_total,
                given.participants_total
            from unnest(measure_series.given) as given
            where
                given.mentor_id = request.mentor_id
                and given.occurred_on between between_days.first_day and between_days.last_day
        ) as day
        where
            (measure.activity_types is null or day.activity_type = any (measure.activity_types))
            and (measure.delivery_modes is null or day.delivery_mode = any (measure.delivery_modes))
    ),

    -- A type is present from a day on, until within_days later unless it occurs again before.
    type_days as (
        select
            typed.*,
            lag(typed.occurred_on) over each_type as previous_on,
            lead(typed.occurred_on) over each_type as next_on
        from (
            select distinct counted.mentor_id, counted.measure_id, counted.within_days, counted.activity_type, counted.occurred_on
            from counted
            where counted.metric = 'distinct_activity_types'
        ) as typed
        window each_type as (partition by typed.mentor_id, typed.measure_id, typed.activity_type order by typed.occurred_on)
    ),
    -- ISO weeks (Monday first) and calendar months, numbered without gaps at year ends.
    periods as (
        select
            counted.mentor_id,
            counted.measure_id,
            counted.within_days,
            min(counted.occurred_on) as first_on,
            max(counted.occurred_on) as last_on,
            -- Neighbouring periods share a streak.
            period.period_no - row_number() over (
                partition by counted.mentor_id, counted.measure_id order by period.period_no
            ) as streak
        from counted
        cross join lateral (
            select
                case counted.metric
                    when 'consecutive_weeks' then (counted.occurred_on - date '0001-01-01') / 7
                    else (extract(year from counted.occurred_on) * 12 + extract(month from counted.occurred_on))::int
                end as period_no
        ) as period
        where counted.metric in ('consecutive_weeks', 'consecutive_months')
        group by counted.mentor_id, counted.measure_id, counted.within_days, period.period_no
    ),
    -- What counts, from when until when (null: for good). Within a window a streak must fit: it reaches from the last day
    -- of its first period to the first day of its last, so a period leaves within_days after its last day.
    spans as (
        select
            counted.mentor_id,
            counted.measure_id,
            0::bigint as streak,
            counted.occurred_on as from_on,
            counted.occurred_on + counted.within_days as until_on,
            case when counted.metric = 'distinct_days' then 1 else sum(counted.amount) end as amount
        from counted
        where counted.metric in ('activity_count', 'minutes_total', 'participants_total', 'distinct_days')
        group by counted.mentor_id, counted.measure_id, counted.within_days, counted.occurred_on, counted.metric
        union all
        select periods.mentor_id, periods.measure_id, periods.streak, periods.first_on, periods.last_on + periods.within_days, 1
        from periods
    ),
    changes as (
        select spans.mentor_id, spans.measure_id, spans.streak, spans.from_on as changed_on, spans.amount
        from spans
        union all
        select spans.mentor_id, spans.measure_id, spans.streak, spans.until_on, -spans.amount
        from spans
        where spans.until_on is not null
        union all
        select type_days.mentor_id, type_days.measure_id, 0, type_days.occurred_on, 1
        from type_days
        where type_days.previous_on is null or type_days.previous_on + type_days.within_days <= type_days.occurred_on
        union all
        select type_days.mentor_id, type_days.measure_id, 0, type_days.occurred_on + type_days.within_days, -1
        from type_days
        where
            type_days.within_days is not null
            and (type_days.next_on is null or type_days.next_on >= type_days.occurred_on + type_days.within_days)
    )

    select
        changes.mentor_id,
        changes.measure_id,
        changes.changed_on,
        (
            sum(sum(changes.amount)) over (
                partition by changes.mentor_id, changes.measure_id, changes.streak
                order by changes.changed_on
            )
        )::bigint
    from changes
    group by changes.mentor_id, changes.measure_id, changes.streak, changes.changed_on;
end
$$;

comment on function private.measure_series is
'Each day on which a measure of a mentor changed, and its value from then on. Measures are looked up by id among those '
'given. Reads the rollup, or the activities themselves when from_activities, or only what is given instead of both. For our functions only.';
revoke all on function private.measure_series from public, anon, authenticated, service_role;
