-- Definer: corrects what only the owner may write; the caller is checked first.
create or replace function public.reinstate_badge(
    mentor_id uuid,
    badge_definition_id uuid,
    reason text default null
)
returns public.earned_badges
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_earned public.earned_badges;
begin
    perform private.require_mentor_in_scope(reinstate_badge.mentor_id);
    perform private.require_somebody_else(reinstate_badge.mentor_id);
    perform private.lock_mentor_measures(array[reinstate_badge.mentor_id]);

    -- What was revoked, by whom and why stays in the evidence; nothing of the history is overwritten.
    update public.earned_badges as earned
    set
        revoked_at = null,
        revoked_by = null,
        revoke_reason = null,
        evidence = earned.evidence || jsonb_build_array(jsonb_build_object(
            'reinstated_at', now(),
            'reinstated_by', private.caller_id(),
            'reason', left(btrim(reinstate_badge.reason), 500),
            'revoked_at', earned.revoked_at,
            'revoked_by', earned.revoked_by,
            'revoke_reason', earned.revoke_reason
        ))
    where
        earned.mentor_id = reinstate_badge.mentor_id
        and earned.badge_definition_id = reinstate_badge.badge_definition_id
        and earned.revoked_at is not null
    returning earned.* into v_earned;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('The mentor has no revoked badge %s.', reinstate_badge.badge_definition_id),
            hint = 'Only a badge that was revoked can be reinstated.';
    end if;
    return v_earned;
end
$$;

comment on function public.reinstate_badge is
'Gives a revoked badge back, with its old evidence and date; the revocation is kept in the evidence.
Callable by coordinators in scope, not for themselves, and service_role. Errors: PT404, 42501.';
revoke all on function public.reinstate_badge from public, anon, authenticated, service_role;
grant execute on function public.reinstate_badge to authenticated, service_role;
