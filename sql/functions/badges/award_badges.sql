-- Awards what is due and says what was found, one entry a mentor. A badge may depend on another, so
-- it looks again after each award until nothing more is due.
create or replace function private.award_badges(
    mentor_ids uuid[],
    notify boolean default true
)
returns table (
    mentor_id uuid,
    organisation_id uuid,
    badges_evaluated jsonb,
    criteria_outcomes jsonb,
    badges_awarded uuid[],
    badges_broken uuid[]
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outcomes jsonb;
    v_new jsonb;
    v_awarded jsonb := '[]';
begin
    perform private.refresh_measures(award_badges.mentor_ids);
    loop
        select jsonb_agg(to_jsonb(outcome))
        into v_outcomes
        from private.badge_outcomes(award_badges.mentor_ids) as outcome;

        exit when not v_outcomes @? '$[*].badges_due[*]';

        with awarded as (
            insert into public.earned_badges as earned (
                organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on
            )
            select definition.organisation_id, due.mentor_id, definition.id, definition.criteria_version, proof.evidence, proof.qualified_on
            from (
                select (outcome.value ->> 'mentor_id')::uuid as mentor_id, badge.value::uuid as badge_definition_id
                from jsonb_array_elements(v_outcomes) as outcome
                cross join lateral jsonb_array_elements_text(nullif(outcome.value -> 'badges_due', 'null')) as badge
            ) as due
            inner join public.badge_definitions as definition on definition.id = due.badge_definition_id
            cross join lateral private.badge_evidence(due.mentor_id, due.badge_definition_id) as proof
            on conflict on constraint earned_badges_mentor_id_badge_definition_id_key do nothing
            returning earned.id, earned.organisation_id, earned.mentor_id, earned.badge_definition_id, earned.qualified_on
        ),
        notified as (
            insert into public.notifications (organisation_id, recipient_mentor_id, kind, payload, dedupe_key)
            select
                awarded.organisation_id,
                awarded.mentor_id,
                'badge_awarded',
                jsonb_build_object('badge_definition_id', awarded.badge_definition_id, 'qualified_on', awarded.qualified_on),
                'badge_awarded:' || awarded.id
            from awarded
            where award_badges.notify
            on conflict (dedupe_key) do nothing
        )
        select jsonb_agg(jsonb_build_object('mentor_id', awarded.mentor_id, 'badge', awarded.badge_definition_id))
        into v_new
        from awarded;

        exit when v_new is null;
        v_awarded := v_awarded || v_new;
    end loop;

    return query
    select
        outcome.mentor_id,
        outcome.organisation_id,
        outcome.badges_evaluated,
        outcome.criteria_outcomes,
        coalesce(
            (
                select array_agg((award.value ->> 'badge')::uuid)
                from jsonb_array_elements(v_awarded) as award
                where (award.value ->> 'mentor_id')::uuid = outcome.mentor_id
            ),
            '{}'
        ),
        outcome.badges_broken
    from jsonb_to_recordset(v_outcomes) as outcome (
        mentor_id uuid, organisation_id uuid, badges_evaluated jsonb, criteria_outcomes jsonb, badges_broken uuid[]
    );
end
$$;

comment on function private.award_badges is
'Evaluates these mentors and awards what they reached. For our functions only; lock first.';
revoke all on function private.award_badges from public, anon, authenticated, service_role;
