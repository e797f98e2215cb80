-- The cached outcomes hold until a threshold is crossed. Time alone changes only what depends on tenure, on the day on which
-- the mentor reaches the next length that a badge asks for, at midnight by the organisation's clocks.
create or replace function private.cache_outcomes(
    outcomes private.badge_outcome[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into private.badge_findings as cached (mentor_id, badges_evaluated, criteria_outcomes)
    select outcome.mentor_id, outcome.badges_evaluated, outcome.criteria_outcomes
    from unnest(cache_outcomes.outcomes) as outcome
    on conflict (mentor_id) do update
    set badges_evaluated = excluded.badges_evaluated, criteria_outcomes = excluded.criteria_outcomes;

    update private.mentor_measures as measured
    set settled_until = coalesce(
            (
                select
                    (
                        (mentor.created_at at time zone organisation.time_zone)::date + min(leaf.at_least)::int
                    )::timestamp at time zone organisation.time_zone
                from private.badge_rules as rule
                cross join lateral jsonb_to_recordset(rule.leaves) as leaf (metric text, at_least bigint)
                inner join public.peer_mentors as mentor on mentor.id = outcome.mentor_id
                inner join public.organisations as organisation on organisation.id = outcome.organisation_id
                where
                    rule.organisation_id = outcome.organisation_id
                    and rule.leaves @> '[{"metric": "tenure_days"}]'
                    and leaf.metric = 'tenure_days'
                    and leaf.at_least < 1000000
                    and leaf.at_least
                    > (now() at time zone organisation.time_zone)::date
                    - (mentor.created_at at time zone organisation.time_zone)::date
                group by mentor.created_at, organisation.time_zone
            ),
            'infinity'
        )
    from unnest(cache_outcomes.outcomes) as outcome
    where measured.mentor_id = outcome.mentor_id and outcome.badges_broken is null;
end
$$;

comment on function private.cache_outcomes is
'Keeps what an evaluation found, for the next one to use. For our functions only; lock first.';
revoke all on function private.cache_outcomes from public, anon, authenticated, service_role;
