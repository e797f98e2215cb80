-- In rounds, as private.award_badges goes: a badge may depend on another. What was awarded by held_on (else as_of), revoked or not, is
-- not awarded again.
create or replace function private.simulated_awards(
    mentor_id uuid,
    definition_ids uuid[],
    given private.activity_days[],
    as_of date,
    held_on date default null
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_awards jsonb := '{}'::jsonb;
    v_new jsonb;
begin
    loop
        select jsonb_object_agg(definition.id, proof.qualified_on)
        into v_new
        from public.badge_definitions as definition
        inner join private.badge_rules as rule on rule.badge_definition_id = definition.id and rule.criteria = definition.criteria
        inner join public.organisations as organisation on organisation.id = definition.organisation_id
        cross join lateral private.criteria_evidence(
            array[simulated_awards.mentor_id],
            rule.criteria,
            rule.leaves,
            array(
                select measure
                from private.badge_measures as measure
                where measure.id in (select (leaf.value ->> 'measure_id')::bigint from jsonb_array_elements(rule.leaves) as leaf)
            ),
            given => simulated_awards.given,
            as_of => simulated_awards.as_of,
            assumed => v_awards,
            held_on => simulated_awards.held_on
        ) as proof
        where
            definition.id = any (simulated_awards.definition_ids)
            and definition.is_active
            and proof.qualified_on is not null
            and not v_awards ? definition.id::text
            and not exists (
                select
                from public.earned_badges as earned
                where
                    earned.mentor_id = simulated_awards.mentor_id
                    and earned.badge_definition_id = definition.id
                    and (earned.earned_at at time zone organisation.time_zone)::date
                    <= coalesce(simulated_awards.held_on, simulated_awards.as_of)
            );
        exit when v_new is null;
        v_awards := v_awards || v_new;
    end loop;
    return v_awards;
end
$$;

comment on function private.simulated_awards is
'Which of these badges a mentor with the given activities would be awarded by a day, and since when: {badge id: date}. For our functions only.';
revoke all on function private.simulated_awards from public, anon, authenticated, service_role;
