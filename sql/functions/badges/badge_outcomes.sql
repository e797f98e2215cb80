create or replace function private.badge_outcomes(
    mentor_ids uuid[]
)
returns setof private.badge_outcome
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
-- Each badge is one call of jsonb_path_match over the mentor's values: measures by id, tenure, and the badges held.
-- PL/pgSQL, because it keeps its plan: a SQL function would be planned anew in every insert.
begin
    return query
    with mentor_values as materialized (
        select
            measured.mentor_id,
            measured.organisation_id,
            measured.measures
            || jsonb_build_object(
                'tenure_days',
                (now() at time zone organisation.time_zone)::date - (mentor.created_at at time zone organisation.time_zone)::date
            )
            || coalesce(
                (
                    select jsonb_object_agg('badge:' || earned.badge_definition_id, 1)
                    from public.earned_badges as earned
                    where earned.mentor_id = measured.mentor_id and earned.revoked_at is null
                ),
                '{}'
            ) as known,
            -- Also what was revoked, which is not awarded again.
            array(
                select earned.badge_definition_id
                from public.earned_badges as earned
                where earned.mentor_id = measured.mentor_id
            ) as ever_earned
        from private.mentor_measures as measured
        inner join public.peer_mentors as mentor on mentor.id = measured.mentor_id
        inner join public.organisations as organisation on organisation.id = measured.organisation_id
        where
            measured.mentor_id = any (badge_outcomes.mentor_ids)
            and not exists (
                select
                from public.organisation_settings as setting
                where setting.organisation_id = measured.organisation_id and not setting.badges_enabled
            )
    )
    select
        mentor_values.mentor_id,
        mentor_values.organisation_id,
        coalesce(jsonb_agg(definition.id order by definition.id) filter (where definition.id is not null), '[]'),
        coalesce(jsonb_object_agg(definition.id, outcome.is_met) filter (where definition.id is not null), '{}'),
        array_agg(definition.id order by definition.id) filter (
            where outcome.is_met and definition.id <> all (mentor_values.ever_earned)
        ),
        array_agg(definition.id order by definition.id) filter (where definition.id is not null and rule.formula is null),
        '{}'::uuid[]
    from mentor_values
    left join public.badge_definitions as definition
        on definition.organisation_id = mentor_values.organisation_id and definition.is_active
    left join private.badge_rules as rule
        on rule.badge_definition_id = definition.id and rule.criteria = definition.criteria
    cross join lateral (
        select coalesce(jsonb_path_match(mentor_values.known, rule.formula, silent => true), false) as is_met
    ) as outcome
    group by mentor_values.mentor_id, mentor_values.organisation_id;
end
$$;

comment on function private.badge_outcomes is
'What the active badges of each mentor''s organisation say now; badges_due are met and were never awarded. Mentors
of organisations with badges switched off are left out. For our functions only; refresh the measures first.';
revoke all on function private.badge_outcomes from public, anon, authenticated, service_role;
