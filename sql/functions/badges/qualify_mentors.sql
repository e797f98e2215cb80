-- Reads no rollup, so what was written while triggers were off is there, too.
--
--   1. Mentors who cannot have reached the criteria are left out: by a plain sum of what they did, whenever it was. A streak of n
--      weeks takes n activities.
--   2. Of the others the days are worked out, for all at once.
create or replace function private.qualify_mentors(
    organisation_id uuid,
    criteria jsonb
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
set jit = off
as $$
declare
    v_measures private.badge_measures[];
    v_leaves jsonb;
    v_formula jsonpath;
    v_asks_for_days boolean;
    v_mentor_ids uuid[];
begin
    with numbered as (
        select part.path, part.leaf, measure.*, dense_rank() over (order by measure) as measure_no
        from private.criteria_leaves(qualify_mentors.criteria) as part
        cross join lateral private.leaf_measure(part.leaf) as measure
    )
    select
        private.criteria_formula(qualify_mentors.criteria, jsonb_object_agg(numbered.path, numbered.path))::jsonpath,
        jsonb_agg(
            jsonb_build_object(
                'path', numbered.path,
                'metric', numbered.metric,
                'measure_id', case when numbered.metric not in ('tenure_days', 'badge_earned') then numbered.measure_no end,
                'needs_badge_id', (
                    select named.id
                    from public.badge_definitions as named
                    where named.organisation_id = qualify_mentors.organisation_id and named.slug = numbered.leaf ->> 'badge'
                ),
                'at_least', coalesce((numbered.leaf ->> 'at_least')::bigint, 1)
            )
        ),
        array_agg(
            distinct row(
                numbered.measure_no, qualify_mentors.organisation_id, numbered.metric, numbered.activity_types,
                numbered.delivery_modes, numbered.within_days, numbered.from_on, numbered.to_on, '{}', 0
            )::private.badge_measures
        ) filter (where numbered.metric not in ('tenure_days', 'badge_earned'))
    into v_formula, v_leaves, v_measures
    from numbered;

    v_asks_for_days := exists (
        select
        from unnest(v_measures) as measure
        where measure.from_on is not null or measure.to_on is not null
    );
    with leaf as (
        select listed.path, listed.metric, listed.needs_badge_id, measure.*
        from jsonb_to_recordset(v_leaves) as listed (path text, metric text, measure_id bigint, needs_badge_id uuid)
        left join lateral (
            select given.activity_types, given.delivery_modes, given.from_on, given.to_on
            from unnest(v_measures) as given
            where given.id = listed.measure_id
        ) as measure on true
    ),
    done as materialized (
        select
            activity.mentor_id,
            activity.activity_type,
            activity.delivery_mode,
            -- Where no leaf asks for days, a row for each of a mentor's types and modes is enough.
            case when v_asks_for_days then activity.occurred_on end as occurred_on,
            count(*) as activity_count,
            sum(activity.duration_minutes) as minutes_total,
            sum(activity.participant_count) as participants_total
        from public.activities as activity
        where activity.organisation_id = qualify_mentors.organisation_id and activity.voided_at is null
        group by 1, 2, 3, 4
    ),
    at_most as (
        select
            done.mentor_id,
            leaf.path,
            sum(
                case leaf.metric
                    when 'minutes_total' then done.minutes_total
                    when 'participants_total' then done.participants_total
                    else done.activity_count
                end
            ) as value
        from leaf
        inner join done
            on (leaf.activity_types is null or done.activity_type = any (leaf.activity_types))
            and (leaf.delivery_modes is null or done.delivery_mode = any (leaf.delivery_modes))
            and (leaf.from_on is null or done.occurred_on >= leaf.from_on)
            and (leaf.to_on is null or done.occurred_on <= leaf.to_on)
        where leaf.metric not in ('tenure_days', 'badge_earned')
        group by done.mentor_id, leaf.path
        union all
        select
            mentor.id,
            leaf.path,
            case leaf.metric
                when 'tenure_days'
                    then (now() at time zone organisation.time_zone)::date
                    - (mentor.created_at at time zone organisation.time_zone)::date
                else (
                    select count(*)
                    -- OFFSET: by the mentor, and by nothing else that an index could be asked for.
                    from (
                        select held.*
                        from public.earned_badges as held
                        where held.mentor_id = mentor.id
                        offset 0
                    ) as earned
                    where earned.badge_definition_id = leaf.needs_badge_id and earned.revoked_at is null
                )
            end
        from leaf
        inner join public.peer_mentors as mentor on mentor.organisation_id = qualify_mentors.organisation_id
        inner join public.organisations as organisation on organisation.id = mentor.organisation_id
        where leaf.metric in ('tenure_days', 'badge_earned')
    )
    select array_agg(possible.mentor_id)
    into v_mentor_ids
    from (
        select at_most.mentor_id
        from at_most
        group by at_most.mentor_id
        having jsonb_path_match(jsonb_object_agg(at_most.path, at_most.value), v_formula, silent => true)
    ) as possible;

    return query
    select proof.mentor_id, proof.evidence, proof.qualified_on
    from private.criteria_evidence(
        v_mentor_ids, qualify_mentors.criteria, v_leaves, v_measures, from_activities => true
    ) as proof
    where proof.qualified_on is not null;
end
$$;

comment on function private.qualify_mentors is
'The mentors of an organisation who meet these well-formed criteria, since when and from what evidence. For our functions only.';
revoke all on function private.qualify_mentors from public, anon, authenticated, service_role;
