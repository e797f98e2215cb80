-- Definer: compares private tables with the activities.
create or replace function private.check_badge_rollups()
returns table (
    mentor_id uuid,
    difference text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with trusted as (
        select mentor.*
        from private.mentor_measures as mentor
        inner join private.badge_catalogues as catalogue
            on catalogue.organisation_id = mentor.organisation_id and catalogue.version = mentor.catalogue_version
    )
    select difference.mentor_id, 'activity_days of ' || difference.occurred_on
    from private.rollup_differences(
        -- Mentors that were never evaluated, or failed and wait for it, have nothing to compare.
        array(select mentor.mentor_id from private.mentor_measures as mentor where mentor.catalogue_version is not null)
    ) as difference
    union all
    select trusted.mentor_id, 'measure ' || measure.id
    from trusted
    inner join private.badge_measures as measure on measure.organisation_id = trusted.organisation_id
    left join private.exact_measures(array(select trusted.mentor_id from trusted)) as exact
        on exact.mentor_id = trusted.mentor_id and exact.measure_id = measure.id
    cross join lateral (
        select
            coalesce((trusted.measures ->> measure.id::text)::bigint, 0) as kept,
            coalesce(exact.value, 0) as exact
    ) as known
    where
        known.kept < known.exact
        or width_bucket(known.kept, measure.thresholds) <> width_bucket(known.exact, measure.thresholds)
        or (
            known.kept > known.exact
            and measure.within_days is null
            and measure.metric in ('activity_count', 'minutes_total', 'participants_total')
        )
    union all
    select finding.mentor_id, 'what the last evaluation found'
    from private.badge_outcomes(array(select trusted.mentor_id from trusted where trusted.settled_until > now())) as outcome
    inner join private.badge_findings as finding on finding.mentor_id = outcome.mentor_id
    where finding.criteria_outcomes <> outcome.criteria_outcomes
$$;

comment on function private.check_badge_rollups is
'Recomputes rollups and measures from the activities and names every difference: none, unless something is wrong.
For operators.';
revoke all on function private.check_badge_rollups from public, anon, authenticated, service_role;
