-- Where a mentor's rollup, measures, headroom or cached outcomes disagree with the activities. Read without a lock: a
-- reconciliation locks only whom it has to repair.
create or replace function private.badge_differences(
    mentor_ids uuid[]
)
returns table (
    mentor_id uuid,
    difference text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_latest jsonb := private.latest_measures(badge_differences.mentor_ids);
begin
    return query
    with trusted as (
        select mentor.*
        from private.mentor_measures as mentor
        inner join private.badge_catalogues as catalogue
            on catalogue.organisation_id = mentor.organisation_id and catalogue.version = mentor.catalogue_version
        where mentor.mentor_id = any (badge_differences.mentor_ids)
    ),
    compared as (
        select
            trusted.mentor_id,
            trusted.added_activities,
            trusted.added_minutes,
            trusted.added_participants,
            trusted.added_late,
            trusted.added_to,
            trusted.headroom,
            trusted.settled_until,
            trusted.latest_on,
            measure.id as measure_id,
            measure.metric,
            measure.within_days,
            measure.from_on,
            measure.to_on,
            measure.activity_types,
            measure.delivery_modes,
            known.kept,
            exact.value as exact,
            coalesce((v_latest -> trusted.mentor_id::text ->> measure.id::text)::bigint, exact.value) as latest,
            width_bucket(known.kept, measure.thresholds) as bucket,
            width_bucket(exact.value, measure.thresholds) as exact_bucket,
            measure.thresholds[cardinality(measure.thresholds)] as highest,
            measure.thresholds[width_bucket(exact.value, measure.thresholds) + 1] as next
        from trusted
        inner join private.badge_measures as measure on measure.organisation_id = trusted.organisation_id
        inner join private.exact_measures(array(
            select row(trusted.mentor_id, measure.id, null, null)::private.measure_request
            from trusted
            inner join private.badge_measures as measure on measure.organisation_id = trusted.organisation_id
        )) as exact on exact.mentor_id = trusted.mentor_id and exact.measure_id = measure.id
        cross join lateral (select coalesce((trusted.measures ->> measure.id::text)::bigint, 0) as kept) as known
    )
    select difference.mentor_id, 'activity_days of ' || difference.occurred_on
    from private.rollup_differences(
        -- Mentors that were never evaluated, or failed and wait for it, have nothing to compare.
        array(
            select mentor.mentor_id
            from private.mentor_measures as mentor
            where mentor.mentor_id = any (badge_differences.mentor_ids) and mentor.catalogue_version is not null
        )
    ) as difference
    union all
    select compared.mentor_id, 'measure ' || compared.measure_id
    from compared
    where
        -- What was added since is not in the bound yet, and was too little to cross a threshold.
        compared.bucket <> compared.exact_bucket
        or (
            (compared.added_activities, compared.added_minutes, compared.added_participants) = (0, 0, 0)
            and compared.kept < least(compared.exact, compared.highest)
        )
    union all
    select distinct compared.mentor_id, 'headroom for ' || kind.key || ', measure ' || compared.measure_id
    from compared
    cross join lateral jsonb_each(compared.headroom) as kind
    cross join lateral (
        select
            kind.value -> case
                when compared.metric = 'minutes_total' then 'minutes'
                when compared.metric = 'participants_total' then 'participants'
                when compared.metric in ('consecutive_weeks', 'consecutive_months') then 'streaks'
                else 'activities'
            end as room
    ) as given
    cross join lateral (
        select
            greatest(compared.latest_on, compared.added_to) as latest_on,
            (given.room ->> 2)::date as until_on
    ) as day
    cross join lateral (
        select
            -- How many streaks were joined is not kept.
            compared.exact as value,
            compared.added_late and compared.metric in ('consecutive_weeks', 'consecutive_months') as is_unknown,
            (given.room ->> 0)::bigint as room,
            null::bigint as periods
        union all
        select
            compared.latest,
            compared.added_late or coalesce(compared.to_on < compared.latest_on, false),
            (given.room ->> 1)::bigint,
            -- By how many more weeks or months a streak may grow until then.
            case
                when compared.metric = 'consecutive_weeks'
                    then (day.until_on - date '0001-01-01') / 7 - (day.latest_on - date '0001-01-01') / 7
                when compared.metric = 'consecutive_months'
                    then extract(year from day.until_on) * 12 + extract(month from day.until_on)
                    - extract(year from day.latest_on) * 12 - extract(month from day.latest_on)
            end::bigint
    ) as sequence
    where
        compared.settled_until > now()
        and compared.next is not null
        and not sequence.is_unknown
        and (compared.activity_types is null or split_part(kind.key, '/', 1) = any (compared.activity_types))
        and (compared.delivery_modes is null or split_part(kind.key, '/', 2) = any (compared.delivery_modes))
        and not (
            compared.metric = 'distinct_activity_types'
            and compared.within_days is null
            and exists (
                select
                from private.activity_days as day
                where
                    day.mentor_id = compared.mentor_id
                    and day.occurred_on between
                    coalesce(compared.from_on, '-infinity') and coalesce(compared.to_on, 'infinity')
                    and day.activity_type = split_part(kind.key, '/', 1)
                    and (compared.delivery_modes is null or day.delivery_mode = any (compared.delivery_modes))
                    and day.activity_count > 0
            )
        )
        and coalesce(
            sequence.value + greatest(
                sequence.room - case compared.metric
                    when 'minutes_total' then compared.added_minutes
                    when 'participants_total' then compared.added_participants
                    else compared.added_activities
                end,
                sequence.periods
            ) >= compared.next,
            true
        )
    union all
    select finding.mentor_id, 'cached outcomes'
    from private.badge_outcomes(array(select trusted.mentor_id from trusted where trusted.settled_until > now())) as outcome
    inner join private.badge_findings as finding on finding.mentor_id = outcome.mentor_id
    where finding.criteria_outcomes <> outcome.criteria_outcomes;
end
$$;

comment on function private.badge_differences is
'Recomputes rollups, measures and headroom of these mentors from the activities and names every difference: none, unless
something is wrong. For our functions only.';
revoke all on function private.badge_differences from public, anon, authenticated, service_role;
