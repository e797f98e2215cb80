-- Criteria become a formula and a list of leaves; what they ask of the activities becomes measures,
-- shared by all badges of the organisation that ask the same.
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
    v_bad record;
    v_organisation_ids uuid[] := array(
        select distinct definition.organisation_id
        from public.badge_definitions as definition
        where definition.id = any (compile_badges.definition_ids)
        order by definition.organisation_id
    );
    v_organisation_id uuid;
begin
    -- One compiler an organisation at a time: two that add badges could close a cycle unseen.
    foreach v_organisation_id in array v_organisation_ids loop
        perform pg_advisory_xact_lock(hashtextextended('peerledger.compile_badges:' || v_organisation_id, 0));
    end loop;

    select part.path, part.leaf ->> 'badge' as slug
    into v_bad
    from public.badge_definitions as definition
    cross join lateral private.criteria_leaves(definition.criteria) as part
    where
        definition.id = any (compile_badges.definition_ids)
        and part.leaf ? 'badge'
        and not exists (
            select
            from public.badge_definitions as named
            where named.organisation_id = definition.organisation_id and named.slug = part.leaf ->> 'badge'
        )
    limit 1;
    if found then
        raise exception using
            errcode = 'PL001',
            message = format('The criteria are invalid: the organisation has no badge "%s".', v_bad.slug),
            detail = v_bad.path || '.badge',
            hint = 'Define that badge first, or in the same statement.';
    end if;

    with recursive requirements as (
        select definition.id as badge_id, definition.slug, named.id as needs_id, named.slug as needs_slug, part.path
        from public.badge_definitions as definition
        cross join lateral private.criteria_leaves(definition.criteria) as part
        inner join public.badge_definitions as named
            on named.organisation_id = definition.organisation_id and named.slug = part.leaf ->> 'badge'
        where definition.organisation_id = any (v_organisation_ids)
    ),
    walk as (
        select
            requirement.badge_id as start_id,
            requirement.needs_id,
            array[requirement.slug, requirement.needs_slug] as slugs,
            requirement.path
        from requirements as requirement
        where requirement.badge_id = any (compile_badges.definition_ids)
        union all
        select walk.start_id, requirement.needs_id, walk.slugs || requirement.needs_slug, walk.path
        from walk
        inner join requirements as requirement on requirement.badge_id = walk.needs_id
        where walk.start_id <> walk.needs_id and not requirement.needs_slug = any (walk.slugs[2:])
    )
    select walk.slugs, walk.path
    into v_bad
    from walk
    where walk.start_id = walk.needs_id
    order by array_length(walk.slugs, 1), walk.slugs
    limit 1;
    if found then
        raise exception using
            errcode = 'PL001',
            message = format('The criteria are invalid: badges depend on one another in a circle, %s.', array_to_string(v_bad.slugs, ' -> ')),
            detail = v_bad.path || '.badge',
            hint = 'Take one of these badge_earned conditions out.';
    end if;

    insert into private.badge_measures (organisation_id, metric, activity_types, delivery_modes, within_days, from_on, to_on)
    select distinct definition.organisation_id, question.*
    from public.badge_definitions as definition
    cross join lateral private.criteria_leaves(definition.criteria) as part
    cross join lateral private.leaf_question(part.leaf) as question
    where
        definition.id = any (compile_badges.definition_ids)
        and not part.leaf ->> 'metric' in ('tenure_days', 'badge_earned')
    on conflict do nothing;

    insert into private.badge_rules (badge_definition_id, organisation_id, criteria_version, criteria, formula, leaves)
    select
        definition.id,
        definition.organisation_id,
        definition.criteria_version,
        definition.criteria,
        private.criteria_formula(definition.criteria, jsonb_object_agg(part.path, fact.key))::jsonpath,
        jsonb_agg(
            jsonb_build_object(
                'path', part.path,
                'metric', part.leaf ->> 'metric',
                'fact', fact.key,
                'measure_id', measure.id,
                'needs_badge_id', named.id,
                'at_least', coalesce((part.leaf ->> 'at_least')::bigint, 1)
            )
            order by part.path
        )
    from public.badge_definitions as definition
    cross join lateral private.criteria_leaves(definition.criteria) as part
    cross join lateral private.leaf_question(part.leaf) as question
    left join private.badge_measures as measure
        on measure.organisation_id = definition.organisation_id
        and (measure.metric, measure.activity_types, measure.delivery_modes, measure.within_days, measure.from_on, measure.to_on)
        is not distinct from
        (question.metric, question.activity_types, question.delivery_modes, question.within_days, question.from_on, question.to_on)
    left join public.badge_definitions as named
        on named.organisation_id = definition.organisation_id and named.slug = part.leaf ->> 'badge'
    cross join lateral (
        select coalesce(measure.id::text, 'badge:' || named.id::text, part.leaf ->> 'metric') as key
    ) as fact
    where definition.id = any (compile_badges.definition_ids)
    group by definition.id
    on conflict (badge_definition_id) do update
    set
        criteria_version = excluded.criteria_version,
        criteria = excluded.criteria,
        formula = excluded.formula,
        leaves = excluded.leaves;

    -- What nobody asks any more would cost every insert.
    delete from private.badge_measures as measure
    where
        measure.organisation_id = any (v_organisation_ids)
        and not exists (
            select
            from private.badge_rules as rule
            where rule.organisation_id = measure.organisation_id
                and rule.leaves @> jsonb_build_array(jsonb_build_object('measure_id', measure.id))
        );

    -- The values that mentors have are right only as regards the thresholds they were computed for, and
    -- what their last evaluation found only for the definitions of that time.
    with asked as (
        select leaf.measure_id, array_agg(distinct leaf.at_least order by leaf.at_least) as thresholds
        from private.badge_rules as rule
        cross join lateral jsonb_to_recordset(rule.leaves) as leaf (measure_id int, at_least bigint)
        where rule.organisation_id = any (v_organisation_ids) and leaf.measure_id is not null
        group by leaf.measure_id
    )
    update private.badge_measures as measure
    set thresholds = asked.thresholds
    from asked
    where asked.measure_id = measure.id and asked.thresholds <> measure.thresholds;

    insert into private.badge_catalogues (organisation_id)
    select unnest(v_organisation_ids)
    on conflict (organisation_id) do update set version = badge_catalogues.version + 1;
end
$$;

comment on function private.compile_badges is
'Compiles badge definitions into measures and rules; refuses unknown badges and circles (PL001). For our
functions only.';
revoke all on function private.compile_badges from public, anon, authenticated, service_role;
