-- How each measure grew, day by day: the one place that knows what the metrics mean. A measure's
-- value is the greatest of its series, and a threshold was met on the first day that reaches it.
-- Evaluation, evidence, progress, preview and the check all read from here.
create or replace function private.measure_series(
    mentor_ids uuid[],
    measure_ids int[],
    first_days date[],
    last_days date[]
)
returns table (
    mentor_id uuid,
    measure_id int,
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
            wanted.mentor_id,
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
        from unnest(
            measure_series.mentor_ids, measure_series.measure_ids, measure_series.first_days, measure_series.last_days
        ) as wanted (mentor_id, measure_id, first_day, last_day)
        inner join private.badge_measures as measure on measure.id = wanted.measure_id
        inner join private.activity_days as day
            on day.mentor_id = wanted.mentor_id
            and day.occurred_on between
            coalesce(greatest(wanted.first_day, measure.from_on), '-infinity')
            and coalesce(least(wanted.last_day, measure.to_on), 'infinity')
            and (measure.activity_types is null or day.activity_type = any (measure.activity_types))
            and (measure.delivery_modes is null or day.delivery_mode = any (measure.delivery_modes))
        where day.activity_count > 0
    ),

    -- Sums. In a rolling window an amount counts from its day on and leaves within_days later.
    day_amounts as (
        select
            counted.mentor_id,
            counted.measure_id,
            counted.within_days,
            counted.occurred_on,
            case when counted.metric = 'distinct_days' then 1 else sum(counted.amount) end as amount
        from counted
        where counted.metric in ('activity_count', 'minutes_total', 'participants_total', 'distinct_days')
        group by counted.mentor_id, counted.measure_id, counted.within_days, counted.occurred_on, counted.metric
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
    changes as (
        select day_amounts.mentor_id, day_amounts.measure_id, day_amounts.occurred_on, day_amounts.amount
        from day_amounts
        union all
        select day_amounts.mentor_id, day_amounts.measure_id, day_amounts.occurred_on + day_amounts.within_days, -day_amounts.amount
        from day_amounts
        where day_amounts.within_days is not null
        union all
        select type_days.mentor_id, type_days.measure_id, type_days.occurred_on, 1
        from type_days
        where type_days.previous_on is null or type_days.previous_on + type_days.within_days <= type_days.occurred_on
        union all
        select type_days.mentor_id, type_days.measure_id, type_days.occurred_on + type_days.within_days, -1
        from type_days
        where
            type_days.within_days is not null
            and (type_days.next_on is null or type_days.next_on >= type_days.occurred_on + type_days.within_days)
    ),

    -- Streaks: ISO weeks (Monday first) and calendar months, numbered without gaps at year ends.
    periods as (
        select
            counted.mentor_id,
            counted.measure_id,
            counted.within_days,
            period.period_no,
            min(counted.occurred_on) as first_on,
            max(counted.occurred_on) as last_on,
            -- Neighbouring periods share an island number.
            period.period_no - row_number() over (
                partition by counted.mentor_id, counted.measure_id order by period.period_no
            ) as island
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
    )

    select
        changes.mentor_id,
        changes.measure_id,
        changes.occurred_on,
        (sum(sum(changes.amount)) over (partition by changes.mentor_id, changes.measure_id order by changes.occurred_on))::bigint
    from changes
    group by changes.mentor_id, changes.measure_id, changes.occurred_on
    union all
    select
        periods.mentor_id,
        periods.measure_id,
        periods.first_on,
        row_number() over (partition by periods.mentor_id, periods.measure_id, periods.island order by periods.period_no)
    from periods
    where periods.within_days is null
    union all
    -- Within a window the streak must fit: from the last day of its first period to the first of its last.
    select
        periods.mentor_id,
        periods.measure_id,
        periods.first_on,
        (
            select count(*)
            from periods as earlier
            where
                earlier.mentor_id = periods.mentor_id
                and earlier.measure_id = periods.measure_id
                and earlier.island = periods.island
                and earlier.period_no <= periods.period_no
                and earlier.last_on > periods.first_on - periods.within_days
        )
    from periods
    where periods.within_days is not null;
end
$$;

comment on function private.measure_series is
'Each day on which a measure of a mentor changed, and its value from then on; the arrays go in parallel, null days
mean no limit. For our functions only.';
revoke all on function private.measure_series from public, anon, authenticated, service_role;
