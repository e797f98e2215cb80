-- What new activities add to the measures, at most, without reading the history: sums grow by what is
-- added, and a distinct day, type, week or month counts when nothing was in it before. Called before the
-- days are added. Only where that bound crosses a threshold is there a doubt, which private.measure_series
-- settles afterwards.
create or replace function private.measure_gains(
    additions private.activity_days[]
)
returns private.measure_gain[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_gains private.measure_gain[];
-- PL/pgSQL, because it keeps its plan: a SQL function would be planned anew in every insert.
begin
    with gained as (
        select
            mentor.mentor_id,
            measure.id as measure_id,
            measure.thresholds,
            known.value as known,
            sum(gain.amount)::bigint as amount,
            measure.metric in ('consecutive_weeks', 'consecutive_months') as is_streak,
            measure.within_days is null
            and measure.metric in ('activity_count', 'minutes_total', 'participants_total') as is_exact,
            min(addition.occurred_on) as first_day,
            max(addition.occurred_on) as last_day,
            -- How many days away a day can be and still share a window or a streak that matters; null: all.
            case
                when measure.metric in ('consecutive_weeks', 'consecutive_months')
                    then case measure.metric when 'consecutive_weeks' then 7 else 31 end
                    * (1 + least(measure.thresholds[cardinality(measure.thresholds)], 5000))::int
                else measure.within_days - 1
            end as reach
        from unnest(measure_gains.additions) as addition
        inner join private.mentor_measures as mentor
            on mentor.mentor_id = addition.mentor_id
            -- Others are not to be trusted, and recomputed from the activities, which hold the addition already.
            and mentor.catalogue_version is not null
        inner join private.badge_measures as measure
            on measure.organisation_id = mentor.organisation_id
            and (measure.activity_types is null or addition.activity_type = any (measure.activity_types))
            and (measure.delivery_modes is null or addition.delivery_mode = any (measure.delivery_modes))
            and (measure.from_on is null or addition.occurred_on >= measure.from_on)
            and (measure.to_on is null or addition.occurred_on <= measure.to_on)
        cross join lateral (
            select coalesce((mentor.measures ->> measure.id::text)::bigint, 0) as value
        ) as known
        cross join lateral (
            select
                case
                    when measure.metric = 'activity_count' then addition.activity_count
                    when measure.metric = 'minutes_total' then addition.minutes_total
                    when measure.metric = 'participants_total' then addition.participants_total
                    when exists (
                        select
                        from private.activity_days as day
                        where
                            day.mentor_id = addition.mentor_id
                            and day.occurred_on between
                            greatest(
                                measure.from_on,
                                case
                                    when measure.within_days is not null then addition.occurred_on
                                    when measure.metric = 'distinct_activity_types' then '-infinity'
                                    when measure.metric = 'consecutive_weeks'
                                        then date_trunc('week', addition.occurred_on::timestamp)::date
                                    when measure.metric = 'consecutive_months'
                                        then date_trunc('month', addition.occurred_on::timestamp)::date
                                    else addition.occurred_on
                                end
                            )
                            and least(
                                measure.to_on,
                                case
                                    when measure.within_days is not null then addition.occurred_on
                                    when measure.metric = 'distinct_activity_types' then 'infinity'
                                    when measure.metric = 'consecutive_weeks'
                                        then date_trunc('week', addition.occurred_on::timestamp)::date + 6
                                    when measure.metric = 'consecutive_months'
                                        then (date_trunc('month', addition.occurred_on::timestamp) + interval '1 month')::date - 1
                                    else addition.occurred_on
                                end
                            )
                            and day.activity_count > 0
                            and (measure.metric <> 'distinct_activity_types' or day.activity_type = addition.activity_type)
                            and (measure.activity_types is null or day.activity_type = any (measure.activity_types))
                            and (measure.delivery_modes is null or day.delivery_mode = any (measure.delivery_modes))
                    ) then 0
                    else 1
                end as amount
        ) as gain
        group by mentor.mentor_id, measure.id, known.value
    ),
    gains as (
        select
            gained.mentor_id,
            jsonb_object_agg(gained.measure_id, bound.value) as measures,
            bool_or(bound.crosses) as crosses_threshold,
            array_agg(
                row(
                    gained.measure_id, gained.known, gained.first_day - gained.reach, gained.last_day + gained.reach
                )::private.measure_doubt
            ) filter (where bound.crosses and not gained.is_exact) as doubts
        from gained
        cross join lateral (
            select
                possible.value,
                width_bucket(gained.known, gained.thresholds) < width_bucket(possible.value, gained.thresholds) as crosses
            from (
                -- n new periods may join n + 1 streaks.
                select gained.known * case when gained.is_streak then gained.amount + 1 else 1 end + gained.amount as value
            ) as possible
        ) as bound
        group by gained.mentor_id
    )
    select array_agg(row(gains.*)::private.measure_gain) into v_gains from gains;
    return v_gains;
end
$$;

comment on function private.measure_gains is
'How far additions (rows of private.activity_days) may raise the measures of each mentor. For our functions only.';
revoke all on function private.measure_gains from public, anon, authenticated, service_role;
