-- What additions do to the measures of mentors, at most, without a look at the history. A measure's bound grows
--
--   for a sum             by what was added;
--   for days and types    by one for each on which, or of which, there was nothing before;
--   for a streak          by one when the new week or month is the latest of all. Any other may join two streaks, and
--                         n of them n + 1 streaks, each as long as the longest known.
--
-- Counted in is also what was added since the measures were last computed (mentor_measures.added_…). A bound stops at the highest
-- threshold: beyond it nothing can change, so it never outgrows its type. Where a bound crosses a threshold the days decide:
-- private.resolve_uncertain_measures. Called before the days are written to the rollup.
create or replace function private.raise_measures(
    mentor_ids uuid[],
    changes private.day_change[]
)
returns private.raised_measures[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_raised private.raised_measures[];
-- PL/pgSQL, because it keeps its plan: a SQL function would be planned anew in every insert.
begin
    with of_mentor as materialized (
        select change.mentor_id, array_agg(change) as changes
        from unnest(raise_measures.changes) as change
        group by change.mentor_id
    ),
    known as (
        select
            mentor.mentor_id,
            of_mentor.changes,
            -- A correction may add minutes alone.
            case measure.metric
                when 'minutes_total' then mentor.added_minutes
                when 'participants_total' then mentor.added_participants
                else mentor.added_activities
            end as added_before,
            mentor.added_late,
            mentor.added_from,
            mentor.added_to,
            mentor.latest_on,
            measure.*,
            measure.thresholds[cardinality(measure.thresholds)] as highest,
            coalesce((mentor.measures ->> measure.id::text)::bigint, 0) as value
        from private.mentor_measures as mentor
        inner join private.badge_measures as measure on measure.organisation_id = mentor.organisation_id
        left join of_mentor on of_mentor.mentor_id = mentor.mentor_id
        where mentor.mentor_id = any (raise_measures.mentor_ids)
    ),
    raised as (
        select
            known.mentor_id,
            known.id as measure_id,
            known.value as known,
            known.thresholds,
            known.highest,
            known.metric in ('consecutive_weeks', 'consecutive_months') as is_streak,
            known.added_before,
            known.added_late,
            addition.amount,
            addition.first_day >= known.latest_on as is_latest,
            least(addition.first_day, known.added_from) - reach.days as first_day,
            greatest(addition.last_day, known.added_to) + reach.days as last_day
        from known
        left join lateral (
            select
                min(change.occurred_on) as first_day,
                max(change.occurred_on) as last_day,
                sum(
                    case
                        when known.metric = 'activity_count' then change.added_count
                        when known.metric = 'minutes_total' then change.added_minutes
                        when known.metric = 'participants_total' then change.added_participants
                        when exists (
                            select
                            from private.activity_days as day
                            where
                                day.mentor_id = change.mentor_id
                                and day.occurred_on between
                                greatest(
                                    known.from_on,
                                    case
                                        when known.within_days is not null then change.occurred_on
                                        when known.metric = 'distinct_activity_types' then '-infinity'
                                        when known.metric = 'consecutive_weeks'
                                            then date_trunc('week', change.occurred_on::timestamp)::date
                                        when known.metric = 'consecutive_months'
                                            then date_trunc('month', change.occurred_on::timestamp)::date
                                        else change.occurred_on
                                    end
                                )
                                and least(
                                    known.to_on,
                                    case
                                        when known.within_days is not null then change.occurred_on
                                        when known.metric = 'distinct_activity_types' then 'infinity'
                                        when known.metric = 'consecutive_weeks'
                                            then date_trunc('week', change.occurred_on::timestamp)::date + 6
                                        when known.metric = 'consecutive_months'
                                            then (date_trunc('month', change.occurred_on::timestamp) + interval '1 month')::date - 1
                                        else change.occurred_on
                                    end
                                )
                                and day.activity_count > 0
                                and (known.metric <> 'distinct_activity_types' or day.activity_type = change.activity_type)
                                and (known.activity_types is null or day.activity_type = any (known.activity_types))
                                and (known.delivery_modes is null or day.delivery_mode = any (known.delivery_modes))
                        ) then 0
                        else 1
                    end
                ) as amount
            from unnest(known.changes) as change
            where
                (known.activity_types is null or change.activity_type = any (known.activity_types))
                and (known.delivery_modes is null or change.delivery_mode = any (known.delivery_modes))
                and (known.from_on is null or change.occurred_on >= known.from_on)
                and (known.to_on is null or change.occurred_on <= known.to_on)
        ) as addition on true
        cross join lateral (
            select
                -- How many days away a day can be and still share a window or a streak that matters; null: all.
                case
                    when known.metric = 'consecutive_weeks' then 7 * (1 + least(known.highest, 5000))::int
                    when known.metric = 'consecutive_months' then 31 * (1 + least(known.highest, 5000))::int
                    else known.within_days - 1
                end as days
        ) as reach
        where known.value < known.highest and (addition.amount > 0 or known.added_before > 0)
    ),
    bounds as (
        select
            raised.*,
            least(
                raised.highest,
                case
                    when not raised.is_streak or raised.is_latest then before.bound + coalesce(raised.amount, 0)
                    else (before.bound + 1) * (coalesce(raised.amount, 0) + 1) - 1
                end
            )::bigint as bound
        from raised
        cross join lateral (
            select
                least(
                    -- What was added before fitted into the headroom, and crossed no threshold.
                    raised.thresholds[width_bucket(raised.known, raised.thresholds) + 1] - 1,
                    -- In floating point, where it cannot overflow; the highest threshold is far below its precision.
                    case
                        when raised.is_streak and raised.added_late then (raised.known + 1.0::float8) * (raised.added_before + 1) - 1
                        else raised.known + raised.added_before
                    end
                ) as bound
        ) as before
    ),
    summed_up as (
        select
            bounds.mentor_id,
            jsonb_object_agg(bounds.measure_id, bounds.bound) as measures,
            bool_or(crossing.is_crossed) as crosses_threshold,
            array_agg(
                row(bounds.measure_id, bounds.known, bounds.first_day, bounds.last_day)::private.uncertain_measure
            ) filter (where crossing.is_crossed) as uncertain
        from bounds
        cross join lateral (
            select width_bucket(bounds.known, bounds.thresholds) < width_bucket(bounds.bound, bounds.thresholds) as is_crossed
        ) as crossing
        group by bounds.mentor_id
    )
    select array_agg(row(summed_up.*)::private.raised_measures) into v_raised from summed_up;
    return v_raised;
end
$$;

comment on function private.raise_measures is
'How far additions may raise the measures of each of these mentors; none: only what was added since they were computed. For
our functions only; lock first.';
revoke all on function private.raise_measures from public, anon, authenticated, service_role;
