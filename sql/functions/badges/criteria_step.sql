-- What a node asks for: nothing where it is met, of "any" the branch that takes least, of "all" every branch. {entries, until}, until being the
-- day by which it is done; null when it cannot be from that day on. What the branches of "all" before it ask for takes its room in the
-- days from each (taken).
create or replace function private.criteria_step(
    mentor_id uuid,
    node jsonb,
    path text,
    leaves jsonb,
    evidence jsonb,
    given private.activity_days[],
    first_day date,
    taken private.activity_days[]
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key text := case when criteria_step.node ? 'all' then 'all' when criteria_step.node ? 'any' then 'any' end;
    v_leaf jsonb;
    v_proof jsonb;
    v_child record;
    v_step jsonb;
    v_found jsonb;
    v_entries private.activity_days[];
    v_taken private.activity_days[] := criteria_step.taken;
begin
    if v_key is null then
        v_leaf := (select one.value from jsonb_array_elements(criteria_step.leaves) as one where one.value ->> 'path' = criteria_step.path);
        v_proof := (select one.value from jsonb_array_elements(criteria_step.evidence) as one where one.value ->> 'path' = criteria_step.path);
        if v_proof ->> 'met_on' is not null then
            return jsonb_build_object('entries', '[]'::jsonb, 'until', criteria_step.first_day);
        end if;
        if v_leaf ->> 'metric' = 'tenure_days' then
            if (v_leaf ->> 'at_least')::bigint > 60000 then
                return null;
            end if;
            return jsonb_build_object(
                'entries', '[]'::jsonb,
                'until', criteria_step.first_day + ((v_leaf ->> 'at_least')::bigint - (v_proof ->> 'value')::bigint)::int
            );
        end if;
        if v_leaf ->> 'metric' = 'badge_earned' then
            return private.badge_step(
                criteria_step.mentor_id, (v_leaf ->> 'needs_badge_id')::uuid, criteria_step.given, criteria_step.first_day,
                criteria_step.taken
            );
        end if;
        v_entries := (
            select private.leaf_step(
                criteria_step.mentor_id, measure, (v_leaf ->> 'at_least')::bigint, criteria_step.given, criteria_step.first_day,
                criteria_step.taken
            )
            from private.badge_measures as measure
            where measure.id = (v_leaf ->> 'measure_id')::bigint
        );
        if v_entries is null then
            return null;
        end if;
        return jsonb_build_object(
            'entries', to_jsonb(v_entries),
            'until', greatest(criteria_step.first_day, (select max(entry.occurred_on) from unnest(v_entries) as entry))
        );
    end if;

    for v_child in
        select element.value, format('%s.%s[%s]', criteria_step.path, v_key, element.ordinality - 1) as path
        from jsonb_array_elements(criteria_step.node -> v_key) with ordinality as element
        order by element.ordinality
    loop
        v_step := private.criteria_step(
            criteria_step.mentor_id, v_child.value, v_child.path, criteria_step.leaves, criteria_step.evidence, criteria_step.given,
            criteria_step.first_day, v_taken
        );
        if v_key = 'all' then
            if v_step is null then
                return null;
            end if;
            v_taken := v_taken || array(
                select entry from jsonb_populate_recordset(null::private.activity_days, v_step -> 'entries') as entry
            );
            v_found := case
                when v_found is null then v_step
                else jsonb_build_object(
                    'entries', (v_found -> 'entries') || (v_step -> 'entries'),
                    'until', greatest(v_found ->> 'until', v_step ->> 'until')
                )
            end;
        elsif v_step is not null and (v_found is null or private.step_size(v_step) < private.step_size(v_found)) then
            v_found := v_step;
        end if;
    end loop;
    return v_found;
end
$$;

comment on function private.criteria_step is
'What is missing of criteria as activities that suffice, not yet the fewest. For private.badge_step.';
revoke all on function private.criteria_step from public, anon, authenticated, service_role;
