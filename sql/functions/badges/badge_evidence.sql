create or replace function private.badge_evidence(
    mentor_ids uuid[],
    badge_definition_id uuid
)
returns table (
    mentor_id uuid,
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
    mentors as (
        select
            mentor.id,
            (mentor.created_at at time zone organisation.time_zone)::date as since,
            (now() at time zone organisation.time_zone)::date
            - (mentor.created_at at time zone organisation.time_zone)::date as tenure_days
        from public.peer_mentors as mentor
        inner join public.organisations as organisation on organisation.id = mentor.organisation_id
        where mentor.id = any (badge_evidence.mentor_ids)
    ),
    series as (
        select series.*
        from (
            select
                array_agg(mentors.id) as mentors,
                array_agg(measure.id) as measures,
                array_agg(null::date) as days
            from mentors
            cross join (select distinct leaves.measure_id from leaves where leaves.measure_id is not null) as measure (id)
        ) as wanted
        cross join lateral private.measure_series(wanted.mentors, wanted.measures, wanted.days, wanted.days) as series
    ),
    measured as (
        select
            series.mentor_id,
            leaves.path,
            max(series.value) as value,
            min(series.reached_on) filter (where series.value >= leaves.at_least) as met_on
        from leaves
        inner join series on series.measure_id = leaves.measure_id
        group by series.mentor_id, leaves.path
    ),
    proofs as (
        select
            mentors.id as mentor_id,
            leaves.path,
            leaves.metric,
            leaves.at_least,
            case leaves.metric
                when 'tenure_days' then mentors.tenure_days
                when 'badge_earned' then (earned.id is not null)::int
                else coalesce(measured.value, 0)
            end as value,
            case leaves.metric
                when 'tenure_days'
                    then case when mentors.tenure_days >= leaves.at_least then mentors.since + leaves.at_least::int end
                when 'badge_earned' then earned.qualified_on
                else measured.met_on
            end as met_on
        from mentors
        cross join leaves
        left join measured on measured.mentor_id = mentors.id and measured.path = leaves.path
        left join public.earned_badges as earned
            on earned.mentor_id = mentors.id
            and earned.badge_definition_id = leaves.needs_badge_id
            and earned.revoked_at is null
    )
    select
        proofs.mentor_id,
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
    group by definition.id, proofs.mentor_id
$$;

comment on function private.badge_evidence is
'For each of these mentors and each leaf of a badge: the value reached, the threshold, and the date from which it was
met; and the date on which the whole was, null if it is not. For our functions only.';
revoke all on function private.badge_evidence from public, anon, authenticated, service_role;
