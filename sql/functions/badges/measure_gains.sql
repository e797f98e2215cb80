-- What new activities add to the measures that can be kept without looking at the history: sums grow
-- by what is added, and a distinct day, type, week or month is new when nothing was in it before.
-- Called before the days are added. needs_series marks what private.measure_series must look at again.
create or replace function private.measure_gains(
    additions private.activity_days[]
)
returns setof private.measure_change
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
-- PL/pgSQL, because it keeps its plan: a SQL function would be planned anew in every insert.
begin
    return query
    with matched as (
        select
            addition.*,
            measure.id as measure_id,
            measure.metric,
            measure.within_days,
            measure.activity_types,
            measure.delivery_modes,
            measure.from_on,
            measure.to_on
        from unnest(measure_gains.additions) as addition
        inner join private.mentor_measures as mentor on mentor.mentor_id = addition.mentor_id
        inner join private.badge_measures as measure
            on measure.organisation_id = mentor.organisation_id
            and (measure.activity_types is null or addition.activity_type = any (measure.activity_types))
            and (measure.delivery_modes is null or addition.delivery_mode = any (measure.delivery_modes))
            and (measure.from_on is null or addition.occurred_on >= measure.from_on)
            and (measure.to_on is null or addition.occurred_on <= measure.to_on)
    ),
    buckets as (
        select distinct
            matched.mentor_id,
            matched.measure_id,
            matched.metric,
            matched.activity_types,
            matched.delivery_modes,
            case when matched.metric = 'distinct_activity_types' then matched.activity_type end as only_type,
            greatest(matched.from_on, bucket.first_day) as first_day,
            least(matched.to_on, bucket.last_day) as last_day
        from matched
        cross join lateral (
            select
                case matched.metric
                    when 'distinct_days' then matched.occurred_on
                    when 'consecutive_weeks' then date_trunc('week', matched.occurred_on::timestamp)::date
                    when 'consecutive_months' then date_trunc('month', matched.occurred_on::timestamp)::date
                    else '-infinity'
                end as first_day,
                case matched.metric
                    when 'distinct_days' then matched.occurred_on
                    when 'consecutive_weeks' then date_trunc('week', matched.occurred_on::timestamp)::date + 6
                    when 'consecutive_months' then (date_trunc('month', matched.occurred_on::timestamp) + interval '1 month')::date - 1
                    else 'infinity'
                end as last_day
        ) as bucket
        where
            matched.within_days is null
            and matched.metric in ('distinct_days', 'distinct_activity_types', 'consecutive_weeks', 'consecutive_months')
    )

    select
        matched.mentor_id,
        matched.measure_id,
        sum(
            case matched.metric
                when 'activity_count' then matched.activity_count
                when 'minutes_total' then matched.minutes_total
                else matched.participants_total
            end
        )::bigint,
        null::date,
        null::date,
        false
    from matched
    where matched.within_days is null and matched.metric in ('activity_count', 'minutes_total', 'participants_total')
    group by matched.mentor_id, matched.measure_id
    union all
    select
        buckets.mentor_id,
        buckets.measure_id,
        count(*),
        null,
        null,
        buckets.metric in ('consecutive_weeks', 'consecutive_months')
    from buckets
    where not exists (
        select
        from private.activity_days as day
        where
            day.mentor_id = buckets.mentor_id
            and day.occurred_on between buckets.first_day and buckets.last_day
            and day.activity_count > 0
            and (buckets.only_type is null or day.activity_type = buckets.only_type)
            and (buckets.activity_types is null or day.activity_type = any (buckets.activity_types))
            and (buckets.delivery_modes is null or day.delivery_mode = any (buckets.delivery_modes))
    )
    group by buckets.mentor_id, buckets.measure_id, buckets.metric
    union all
    -- A rolling window changes only where it holds a day that was added.
    select
        matched.mentor_id,
        matched.measure_id,
        0,
        min(matched.occurred_on) - matched.within_days + 1,
        max(matched.occurred_on) + matched.within_days - 1,
        true
    from matched
    where matched.within_days is not null
    group by matched.mentor_id, matched.measure_id, matched.within_days;
end
$$;

comment on function private.measure_gains is
'What additions (rows of private.activity_days) change in the measures. For our functions only.';
revoke all on function private.measure_gains from public, anon, authenticated, service_role;
