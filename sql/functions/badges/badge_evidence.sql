create or replace function private.badge_evidence(
    mentor_ids uuid[],
    badge_definition_id uuid,
    from_activities boolean default false
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
    perform private.check_time_budget();
    return query
    select proof.mentor_id, proof.evidence, proof.qualified_on
    from private.badge_rules as rule
    cross join lateral private.criteria_evidence(
        badge_evidence.mentor_ids,
        rule.criteria,
        rule.leaves,
        array(
            select measure
            from private.badge_measures as measure
            where
                measure.organisation_id = rule.organisation_id
                and measure.id in (
                    select (leaf.value ->> 'measure_id')::bigint
                    from jsonb_array_elements(rule.leaves) as leaf
                )
        ),
        badge_evidence.from_activities
    ) as proof
    where rule.badge_definition_id = badge_evidence.badge_definition_id;
end
$$;

comment on function private.badge_evidence is
'private.criteria_evidence for a badge that is defined. For our functions only.';
revoke all on function private.badge_evidence from public, anon, authenticated, service_role;
