-- leaves: as compiled into private.badge_rules, each with the id of its measure among those given. With activities that are given
-- instead of those in the tables it answers what would be; with as_of, what was on that day; with held_on, what would be on as_of of
-- what was held on an earlier day; and with badges that are assumed, by id and the day on which they were reached, what follows from them.
create or replace function private.criteria_evidence(
    mentor_ids uuid[],
    criteria jsonb,
    leaves jsonb,
    measures private.badge_measures[],
    from_activities boolean default false,
    given private.activity_days[] default null,
    as_of date default null,
    assumed jsonb default '{}',
    held_on date default null
)
returns table (
    mentor_id uuid,
    evidence jsonb,
    qualified_on date
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with leaf as materialized (
        select listed.*
        from jsonb_to_recordset(criteria_evidence.leaves) as listed (
            path text, metric text, measure_id bigint, needs_badge_id uuid, at_least bigint
        )
    ),
    asked as (
        select
            mentor.id,
            (mentor.created_at at time zone organisation.time_zone)::date as since,
            organisation.time_zone,
            coalesce(criteria_evidence.held_on, criteria_evidence.as_of) as held_on,
            coalesce(criteria_evidence.as_of, (now() at time zone organisation.time_zone)::date)
            - (mentor.created_at at time zone organisation.time_zone)::date as tenure_days
        from public.peer_mentors as mentor
        inner join public.organisations as organisation on organisation.id = mentor.organisation_id
        where mentor.id = any (criteria_evidence.mentor_ids)
    ),
    measured as (
        select
            series.mentor_id,
            leaf.path,
            max(series.value) as value,
            min(series.reached_on) filter (where series.value >= leaf.at_least) as met_on
        from leaf
        inner join private.measure_series(
            array(
                select row(wanted.id, measure.id, null, null)::private.measure_request
                from unnest(criteria_evidence.mentor_ids) as wanted (id)
                cross join unnest(criteria_evidence.measures) as measure
                where measure.id in (select leaf.measure_id from leaf)
            ),
            criteria_evidence.measures,
            criteria_evidence.from_activities,
            criteria_evidence.given
        ) as series on series.measure_id = leaf.measure_id
        group by series.mentor_id, leaf.path
    ),
    proofs as (
        select
            asked.id,
            leaf.path,
            leaf.metric,
            leaf.at_least,
            case leaf.metric
                when 'tenure_days' then asked.tenure_days
                when 'badge_earned' then (earned.id is not null or criteria_evidence.assumed ? leaf.needs_badge_id::text)::int
                else coalesce(measured.value, 0)
            end as value,
            case leaf.metric
                when 'tenure_days'
                    then case when asked.tenure_days >= leaf.at_least then asked.since + leaf.at_least::int end
                when 'badge_earned'
                    then coalesce(earned.qualified_on, (criteria_evidence.assumed ->> leaf.needs_badge_id::text)::date)
                else measured.met_on
            end as met_on
        from asked
        cross join leaf
        left join measured on measured.mentor_id = asked.id and measured.path = leaf.path
        -- OFFSET: by key for each, and not as a join, which reads all badges for each where statistics call them none.
        left join lateral (
            select badge.*
            from public.earned_badges as badge
            where badge.mentor_id = asked.id and leaf.needs_badge_id is not null
            offset 0
        ) as earned
            on earned.badge_definition_id = leaf.needs_badge_id
            and case
                when asked.held_on is null then earned.revoked_at is null
                else
                    (earned.earned_at at time zone asked.time_zone)::date <= asked.held_on
                    and coalesce((earned.revoked_at at time zone asked.time_zone)::date > asked.held_on, true)
            end
    )
    select
        proofs.id,
        jsonb_agg(
            jsonb_build_object(
                'path', proofs.path, 'metric', proofs.metric, 'value', proofs.value,
                'at_least', proofs.at_least, 'met_on', proofs.met_on
            )
            order by proofs.path
        ),
        private.criteria_met_on(criteria_evidence.criteria, jsonb_object_agg(proofs.path, proofs.met_on))
    from proofs
    group by proofs.id;
end
$$;

comment on function private.criteria_evidence is
'For each of these mentors and each leaf of criteria: the value reached, the threshold, and the date from which it was met;
and the date on which the whole was, null if it is not. For our functions only.';
revoke all on function private.criteria_evidence from public, anon, authenticated, service_role;
