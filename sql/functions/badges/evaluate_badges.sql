-- Definer: evaluates and logs with rights that no caller has; the caller is checked first.
create or replace function public.evaluate_badges(
    mentor_id uuid
)
returns table (
    badge_definition_id uuid,
    is_met boolean,
    newly_awarded boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_held uuid[];
begin
    perform private.require_mentor_in_scope(evaluate_badges.mentor_id);

    perform private.lock_mentor_measures(array[evaluate_badges.mentor_id]);
    select coalesce(array_agg(earned.badge_definition_id), '{}')
    into v_held
    from public.earned_badges as earned
    where earned.mentor_id = evaluate_badges.mentor_id;

    perform private.evaluate_activities(
        array[row(mentor.id, mentor.organisation_id, '{}', null)::private.touched_mentor], null, 'manual'
    )
    from public.peer_mentors as mentor
    where mentor.id = evaluate_badges.mentor_id;

    return query
    select outcome.key::uuid, outcome.value::boolean, earned.id is not null and not outcome.key::uuid = any (v_held)
    from private.badge_outcomes(array[evaluate_badges.mentor_id]) as found
    cross join lateral jsonb_each_text(found.criteria_outcomes) as outcome
    left join public.earned_badges as earned
        on earned.mentor_id = evaluate_badges.mentor_id and earned.badge_definition_id = outcome.key::uuid;
end
$$;

comment on function public.evaluate_badges is
'Evaluates one mentor now and awards what is due; one row an active badge.
Callable by coordinators in scope and service_role. Errors: PT404, 42501.';
revoke all on function public.evaluate_badges from public, anon, authenticated, service_role;
grant execute on function public.evaluate_badges to authenticated, service_role;
