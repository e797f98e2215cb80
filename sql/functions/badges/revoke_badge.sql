-- Definer: corrects what only the owner may write; the caller is checked first.
create or replace function public.revoke_badge(
    mentor_id uuid,
    badge_definition_id uuid,
    reason text
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
    perform private.require_mentor_in_scope(revoke_badge.mentor_id);
    perform private.require_somebody_else(revoke_badge.mentor_id);
    if coalesce(btrim(revoke_badge.reason), '') = '' then
        raise exception using
            errcode = '22023',
            message = 'A revocation needs a reason.',
            hint = 'Say why, without names: it is kept as history.';
    end if;

    perform private.lock_mentor_measures(array[revoke_badge.mentor_id]);
    update public.earned_badges as earned
    set
        revoked_at = now(),
        revoked_by = private.caller_id(),
        revoke_reason = left(btrim(revoke_badge.reason), 500)
    where
        earned.mentor_id = revoke_badge.mentor_id
        and earned.badge_definition_id = revoke_badge.badge_definition_id
        and earned.revoked_at is null
    returning earned.* into v_earned;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('The mentor does not hold the badge %s.', revoke_badge.badge_definition_id),
            hint = 'Perhaps it was revoked already.';
    end if;
    return v_earned;
end
$$;

comment on function public.revoke_badge is
'Takes a badge away and keeps it as history; it is not awarded again until it is reinstated.
Callable by coordinators in scope, not for themselves, and service_role. Errors: PT404, 42501, 22023 without a reason.';
revoke all on function public.revoke_badge from public, anon, authenticated, service_role;
grant execute on function public.revoke_badge to authenticated, service_role;
