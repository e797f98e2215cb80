create or replace function private.badge_evidence(
    mentor_id uuid,
    badge_definition_id uuid
)
returns table (
    evidence jsonb,
    qualified_on date
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with leaves as (
        select leaf.*
        from private.badge_rules as rule
        cross join lateral jsonb_to_recordset(rule.leaves) as leaf (
            path text, metric text, measure_id int, needs_badge_id uuid, at_least bigint
        )
        where rule.badge_definition_id = badge_evidence.badge_definition_id
    ),
    series as (
        select series.measure_id, series.reached_on, series.value
        from (
            select array_agg(distinct leaves.measure_id) as measures
            from leaves
            where leaves.measure_id is not null
        ) as wanted
        cross join lateral private.measure_series(
            array_fill(badge_evidence.mentor_id, array[cardinality(wanted.measures)]),
            wanted.measures,
            array_fill(null::date, array[cardinality(wanted.measures)]),
            array_fill(null::date, array[cardinality(wanted.measures)])
        ) as series
    ),
    proofs as (
        select
            leaves.path,
            leaves.metric,
            leaves.at_least,
            coalesce(found.value, 0) as value,
            found.met_on
        from leaves
        cross join lateral (
            select max(series.value) as value, min(series.reached_on) filter (where series.value >= leaves.at_least) as met_on
            from series
            where series.measure_id = leaves.measure_id
            having leaves.measure_id is not null
            union all
            select
                tenure.days,
                case when tenure.days >= leaves.at_least then tenure.since + leaves.at_least::int end
            from (
                select
                    (mentor.created_at at time zone organisation.time_zone)::date as since,
                    (now() at time zone organisation.time_zone)::date
                    - (mentor.created_at at time zone organisation.time_zone)::date as days
                from public.peer_mentors as mentor
                inner join public.organisations as organisation on organisation.id = mentor.organisation_id
                where mentor.id = badge_evidence.mentor_id
            ) as tenure
            where leaves.metric = 'tenure_days'
            union all
            select count(*), min(earned.qualified_on)
            from public.earned_badges as earned
            where
                earned.mentor_id = badge_evidence.mentor_id
                and earned.badge_definition_id = leaves.needs_badge_id
                and earned.revoked_at is null
            having leaves.metric = 'badge_earned'
        ) as found
    )
    select
        jsonb_agg(
            jsonb_build_object(
                'path', proofs.path, 'metric', proofs.metric, 'value', proofs.value,
                'at_least', proofs.at_least, 'met_on', proofs.met_on
            )
            order by proofs.path
        ),
        private.criteria_met_on(definition.criteria, jsonb_object_agg(proofs.path, proofs.met_on))
    from public.badge_definitions as definition
    cross join proofs
    where definition.id = badge_evidence.badge_definition_id
    group by definition.id
$$;

comment on function private.badge_evidence is
'For each leaf of a badge: the value the mentor reached, the threshold, and the date from which it was met; and the
date on which the whole was. For our functions only.';
revoke all on function private.badge_evidence from public, anon, authenticated, service_role;
