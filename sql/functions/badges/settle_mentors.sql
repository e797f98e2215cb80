-- Until a threshold is crossed nothing else can come out. Time alone changes only what depends on tenure,
-- at the next midnight of the organisation.
create or replace function private.settle_mentors(
    outcomes private.badge_outcome[]
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into private.badge_findings as finding (mentor_id, badges_evaluated, criteria_outcomes)
    select outcome.mentor_id, outcome.badges_evaluated, outcome.criteria_outcomes
    from unnest(settle_mentors.outcomes) as outcome
    on conflict (mentor_id) do update
    set badges_evaluated = excluded.badges_evaluated, criteria_outcomes = excluded.criteria_outcomes;

    update private.mentor_measures as mentor
    set settled_until = case
            when exists (
                select
                from private.badge_rules as rule
                where
                    rule.organisation_id = outcome.organisation_id
                    and rule.leaves @> '[{"metric": "tenure_days"}]'
            )
                then (
                    select
                        (date_trunc('day', now() at time zone organisation.time_zone) + interval '1 day')
                        at time zone organisation.time_zone
                    from public.organisations as organisation
                    where organisation.id = outcome.organisation_id
                )
            else 'infinity'
        end
    from unnest(settle_mentors.outcomes) as outcome
    where mentor.mentor_id = outcome.mentor_id and outcome.badges_broken is null;
$$;

comment on function private.settle_mentors is
'Keeps what an evaluation found, for the next one to use. For our functions only; lock first.';
revoke all on function private.settle_mentors from public, anon, authenticated, service_role;
