-- The smallest step to a badge: nothing of it can be left out or made less.
--
--   1. private.criteria_step finds activities that suffice, leaf by leaf. One activity may serve several leaves, so this may be too much.
--   2. Each entry is then made as small as it can be while the whole still earns the badge: fewer times, fewer minutes, fewer
--      participants. Whatever is added never takes a badge away, so what one entry needs is only more when another is made less: one
--      round is enough.
--
-- What was awarded or revoked after first_day is not known: an explanation may be of an earlier day.
create or replace function private.badge_step(
    mentor_id uuid,
    badge_definition_id uuid,
    given private.activity_days[],
    first_day date,
    taken private.activity_days[] default '{}'
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most constant int := 400;
    v_definition public.badge_definitions;
    v_rule private.badge_rules;
    v_needed uuid[];
    v_evidence jsonb;
    v_step jsonb;
    v_until date;
    v_entries private.activity_days[];
    v_part text;
    v_low bigint;
    v_high bigint;
    v_middle bigint;
    v_try private.activity_days;
begin
    select definition.*
    into v_definition
    from public.badge_definitions as definition
    where definition.id = badge_step.badge_definition_id;
    select rule.*
    into v_rule
    from private.badge_rules as rule
    where rule.badge_definition_id = badge_step.badge_definition_id and rule.criteria = v_definition.criteria;
    if
        not found
        or not v_definition.is_active
        -- Once revoked it is not awarded again.
        or exists (
            select
            from public.earned_badges as earned
            inner join public.organisations as organisation on organisation.id = earned.organisation_id
            where
                earned.mentor_id = badge_step.mentor_id
                and earned.badge_definition_id = badge_step.badge_definition_id
                and (earned.revoked_at at time zone organisation.time_zone)::date <= badge_step.first_day
        )
    then
        return null;
    end if;

    v_needed := private.needed_badges(badge_step.badge_definition_id);
    v_evidence := (
        select proof.evidence
        from private.criteria_evidence(
            array[badge_step.mentor_id],
            v_rule.criteria,
            v_rule.leaves,
            array(
                select measure
                from private.badge_measures as measure
                where measure.id in (select (leaf.value ->> 'measure_id')::bigint from jsonb_array_elements(v_rule.leaves) as leaf)
            ),
            given => badge_step.given,
            as_of => badge_step.first_day,
            assumed => private.simulated_awards(badge_step.mentor_id, v_needed, badge_step.given, badge_step.first_day)
        ) as proof
    );
    v_step := private.criteria_step(
        badge_step.mentor_id, v_rule.criteria, '$', v_rule.leaves, v_evidence, badge_step.given, badge_step.first_day,
        badge_step.taken
    );
    if v_step is null or jsonb_array_length(v_step -> 'entries') > c_most then
        return null;
    end if;
    v_until := (v_step ->> 'until')::date;
    v_entries := array(
        select entry from jsonb_populate_recordset(null::private.activity_days, v_step -> 'entries') as entry
        order by entry.occurred_on desc, entry.minutes_total, entry.participants_total
    );

    for v_number in 1..cardinality(v_entries) loop
        -- Times first, of one activity then its minutes and participants.
        foreach v_part in array array['times', 'minutes', 'participants'] loop
            v_try := v_entries[v_number];
            v_high := case v_part
                when 'times' then v_try.activity_count
                when 'minutes' then v_try.minutes_total
                else v_try.participants_total
            end;
            continue when v_part <> 'times' and (v_try.activity_count <> 1 or v_high <= 1);
            v_low := case when v_part = 'times' then 0 else 1 end;
            while v_low < v_high loop
                v_middle := (v_low + v_high) / 2;
                v_try := v_entries[v_number];
                if v_part = 'times' then
                    v_try.minutes_total := v_try.minutes_total * v_middle / v_try.activity_count;
                    v_try.participants_total := v_try.participants_total * v_middle / v_try.activity_count;
                    v_try.activity_count := v_middle;
                elsif v_part = 'minutes' then
                    v_try.minutes_total := v_middle;
                else
                    v_try.participants_total := v_middle;
                end if;
                if private.simulated_awards(
                    badge_step.mentor_id,
                    v_needed,
                    badge_step.given || array(
                        select entry
                        from unnest(v_entries[:v_number - 1] || v_try || v_entries[v_number + 1:]) as entry
                        where entry.activity_count > 0
                    ),
                    v_until,
                    held_on => badge_step.first_day
                ) ? badge_step.badge_definition_id::text then
                    v_high := v_middle;
                else
                    v_low := v_middle + 1;
                end if;
            end loop;
            v_try := v_entries[v_number];
            if v_part = 'times' then
                v_try.minutes_total := case when v_try.activity_count > 0 then v_try.minutes_total * v_high / v_try.activity_count else 0 end;
                v_try.participants_total :=
                    case when v_try.activity_count > 0 then v_try.participants_total * v_high / v_try.activity_count else 0 end;
                v_try.activity_count := v_high;
            elsif v_part = 'minutes' then
                v_try.minutes_total := v_high;
            else
                v_try.participants_total := v_high;
            end if;
            v_entries[v_number] := v_try;
        end loop;
    end loop;

    v_entries := array(select entry from unnest(v_entries) as entry where entry.activity_count > 0);

    -- What was left out may have been the last: from when on do the others do? Length of service may still be waited for.
    v_low := greatest(badge_step.first_day, (select max(entry.occurred_on) from unnest(v_entries) as entry)) - badge_step.first_day;
    v_high := v_until - badge_step.first_day;
    while v_low < v_high loop
        v_middle := (v_low + v_high) / 2;
        if private.simulated_awards(
            badge_step.mentor_id,
            v_needed,
            badge_step.given || v_entries,
            badge_step.first_day + v_middle::int,
            held_on => badge_step.first_day
        ) ? badge_step.badge_definition_id::text then
            v_high := v_middle;
        else
            v_low := v_middle + 1;
        end if;
    end loop;

    return jsonb_build_object(
        'entries', to_jsonb(v_entries),
        'until', badge_step.first_day + v_high::int
    );
end
$$;

comment on function private.badge_step is
'The smallest step to a badge from a day on, for a mentor with the given activities: {entries, until}; null when there is none. For our functions only.';
revoke all on function private.badge_step from public, anon, authenticated, service_role;
