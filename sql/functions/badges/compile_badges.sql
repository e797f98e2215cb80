-- What the evaluation reads is derived here, whenever definitions are written and not when activities are:
--
--   1. One transaction at a time for each organisation: two that add badges could close a circle unseen.
--   2. Badges that the criteria name must exist, and none may need itself (PL001).
--   3. Measures. What a leaf asks of the activities, without its threshold, is a row of private.badge_measures, shared by
--      all badges of the organisation that ask the same.
--   4. Rules. The criteria become a jsonpath over the measures, and their leaves a list (private.badge_rules).
--   5. Thresholds. Each measure learns what the badges ask it to reach; a measure that no badge asks for is dropped, since
--      every insert would pay for it.
--   6. The organisation's catalogue gets a new version. Cached outcomes are of one version only, so each mentor is
--      evaluated afresh when next read; recomputed are only the measures whose thresholds changed (changed_in).
create or replace function private.compile_badges(
    definition_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_organisation_ids uuid[] := array(
        select distinct definition.organisation_id
        from public.badge_definitions as definition
        where definition.id = any (compile_badges.definition_ids)
        order by definition.organisation_id
    );
    v_organisation_id uuid;
begin
    foreach v_organisation_id in array v_organisation_ids loop
        perform pg_advisory_xact_lock(hashtextextended('peerledger.compile_badges:' || v_organisation_id, 0));
    end loop;

    perform private.require_known_badges(definition.organisation_id, definition.criteria)
    from public.badge_definitions as definition
    where definition.id = any (compile_badges.definition_ids);
    perform private.require_no_circle(compile_badges.definition_ids);

    -- Missing ones only: a conflict would use up a number all the same.
    insert into private.badge_measures (organisation_id, metric, activity_types, delivery_modes, within_days, from_on, to_on)
    select distinct definition.organisation_id, measure.*
    from public.badge_definitions as definition
    cross join lateral private.criteria_leaves(definition.criteria) as part
    cross join lateral private.leaf_measure(part.leaf) as measure
    where
        definition.id = any (compile_badges.definition_ids)
        and not part.leaf ->> 'metric' in ('tenure_days', 'badge_earned')
        and not exists (
            select
            from private.badge_measures as known
            where
                known.organisation_id = definition.organisation_id
                and (known.metric, known.activity_types, known.delivery_modes, known.within_days, known.from_on, known.to_on)
                is not distinct from
                (measure.metric, measure.activity_types, measure.delivery_modes, measure.within_days, measure.from_on, measure.to_on)
        );

    insert into private.badge_rules (badge_definition_id, organisation_id, criteria_version, criteria, formula, leaves)
    select
        definition.id,
        definition.organisation_id,
        definition.criteria_version,
        definition.criteria,
        private.criteria_formula(definition.criteria, jsonb_object_agg(part.path, value.key))::jsonpath,
        jsonb_agg(
            jsonb_build_object(
                'path', part.path,
                'metric', part.leaf ->> 'metric',
                'measure_id', known.id,
                'needs_badge_id', named.id,
                'at_least', coalesce((part.leaf ->> 'at_least')::bigint, 1)
            )
            order by part.path
        )
    from public.badge_definitions as definition
    cross join lateral private.criteria_leaves(definition.criteria) as part
    cross join lateral private.leaf_measure(part.leaf) as measure
    left join private.badge_measures as known
        on known.organisation_id = definition.organisation_id
        and (known.metric, known.activity_types, known.delivery_modes, known.within_days, known.from_on, known.to_on)
        is not distinct from
        (measure.metric, measure.activity_types, measure.delivery_modes, measure.within_days, measure.from_on, measure.to_on)
    left join public.badge_definitions as named
        on named.organisation_id = definition.organisation_id and named.slug = part.leaf ->> 'badge'
    cross join lateral (
        select coalesce(known.id::text, 'badge:' || named.id::text, part.leaf ->> 'metric') as key
    ) as value
    where definition.id = any (compile_badges.definition_ids)
    group by definition.id
    on conflict (badge_definition_id) do update
    set
        criteria_version = excluded.criteria_version,
        criteria = excluded.criteria,
        formula = excluded.formula,
        leaves = excluded.leaves;

    perform private.renew_badge_catalogues(v_organisation_ids);
end
$$;

comment on function private.compile_badges is
'Compiles badge definitions into measures and rules; refuses unknown badges and circles (PL001). For our
functions only.';
revoke all on function private.compile_badges from public, anon, authenticated, service_role;
