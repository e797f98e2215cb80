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
            trusted.headroom,
            trusted.settled_until,
            measure.id as measure_id,
            measure.metric,
            measure.activity_types,
            measure.delivery_modes,
            known.kept,
            exact.value as exact,
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
        or (compared.added_activities = 0 and compared.kept < least(compared.exact, compared.highest))
    union all
    select compared.mentor_id, 'headroom for ' || room.key || ', measure ' || compared.measure_id
    from compared
    cross join lateral jsonb_each(compared.headroom) as room
    where
        compared.settled_until > now()
        and compared.next is not null
        -- Then it is the first number that counts, and how many streaks were joined is not kept.
        and not (compared.added_late and compared.metric in ('consecutive_weeks', 'consecutive_months'))
        and (compared.activity_types is null or split_part(room.key, '/', 1) = any (compared.activity_types))
        and (compared.delivery_modes is null or split_part(room.key, '/', 2) = any (compared.delivery_modes))
        and compared.exact + case
            when compared.metric = 'minutes_total' then (room.value ->> 2)::bigint - compared.added_minutes
            when compared.metric = 'participants_total' then (room.value ->> 3)::bigint - compared.added_participants
            else (room.value ->> 1)::bigint - compared.added_activities
        end >= compared.next
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
