-- Evaluates a set of mentors, awards what is due and returns what was found, one entry a mentor.
--
--   1. When the cached outcomes of all of them still hold they are returned as they are.
--   2. Otherwise measures that are behind are brought up to date (private.refresh_measures) and all active badges are
--      decided (private.badge_outcomes).
--   3. What is met and was never awarded is awarded, with evidence and a notification. A badge may depend on another, so
--      this repeats until nothing more is due.
--   4. The outcomes are cached for 1.
create or replace function private.award_badges(
    mentor_ids uuid[],
    notify boolean default true
)
returns private.badge_outcome[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outcomes private.badge_outcome[];
    v_new private.badge_outcome[];
    v_awarded private.badge_outcome[] := array[]::private.badge_outcome[];
begin
    select array_agg(
        row(
            measured.mentor_id, measured.organisation_id, finding.badges_evaluated, finding.criteria_outcomes, null, null, '{}'
        )::private.badge_outcome
    )
    into v_outcomes
    from private.mentor_measures as measured
    inner join private.badge_findings as finding on finding.mentor_id = measured.mentor_id
    inner join private.badge_catalogues as catalogue
        on catalogue.organisation_id = measured.organisation_id and catalogue.version = measured.catalogue_version
    left join public.organisation_settings as setting on setting.organisation_id = measured.organisation_id
    where
        measured.mentor_id = any (award_badges.mentor_ids)
        and measured.settled_until > now()
        and setting.badges_enabled is distinct from false;
    if cardinality(v_outcomes) = cardinality(award_badges.mentor_ids) then
        return v_outcomes;
    end if;

    perform private.refresh_measures(award_badges.mentor_ids);
    loop
        select array_agg(outcome)
        into v_outcomes
        from private.badge_outcomes(award_badges.mentor_ids) as outcome;

        exit when not exists (select from unnest(v_outcomes) as outcome where outcome.badges_due is not null);

        with awarded as (
            insert into public.earned_badges as earned (
                organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on
            )
            select
                definition.organisation_id,
                proof.mentor_id,
                definition.id,
                definition.criteria_version,
                proof.evidence,
                proof.qualified_on
            from (
                select badge.definition_id, array_agg(outcome.mentor_id) as mentor_ids
                from unnest(v_outcomes) as outcome
                cross join lateral unnest(outcome.badges_due) as badge (definition_id)
                group by badge.definition_id
            ) as due
            inner join public.badge_definitions as definition on definition.id = due.definition_id
            cross join lateral private.badge_evidence(due.mentor_ids, due.definition_id) as proof
            on conflict (mentor_id, badge_definition_id) do nothing
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
        select
            array_agg(
                row(
                    awarded.mentor_id, awarded.organisation_id, null, null, null, null, array[awarded.badge_definition_id]
                )::private.badge_outcome
            )
        into v_new
        from awarded;

        exit when v_new is null;
        v_awarded := v_awarded || v_new;
    end loop;

    perform private.cache_outcomes(v_outcomes);
    if v_awarded = '{}' then
        return coalesce(v_outcomes, '{}');
    end if;

    return array(
        select
            row(
                outcome.mentor_id,
                outcome.organisation_id,
                outcome.badges_evaluated,
                outcome.criteria_outcomes,
                outcome.badges_due,
                outcome.badges_broken,
                coalesce(won.badges_awarded, '{}')
            )::private.badge_outcome
        from unnest(v_outcomes) as outcome
        left join (
            select award.mentor_id, array_agg(award.badges_awarded[1]) as badges_awarded
            from unnest(v_awarded) as award
            group by award.mentor_id
        ) as won on won.mentor_id = outcome.mentor_id
    );
end
$$;

comment on function private.award_badges is
'Evaluates these mentors and awards what they reached. For our functions only; lock first.';
revoke all on function private.award_badges from public, anon, authenticated, service_role;
