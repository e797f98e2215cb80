-- Definer: writes what nobody else may.
create or replace function public.lift_legal_hold(
    legal_hold_id uuid
)
returns public.legal_holds
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hold public.legal_holds;
begin
    update public.legal_holds as hold
    set lifted_at = now(), lifted_by = private.caller_id()
    where hold.id = lift_legal_hold.legal_hold_id and hold.lifted_at is null
    returning hold.* into v_hold;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no legal hold %s to lift.', lift_legal_hold.legal_hold_id),
            hint = 'It may already have been lifted.';
    end if;
    perform private.record_security_event(
        'legal_hold_lifted', organisation_id => v_hold.organisation_id,
        details => jsonb_build_object('legal_hold_id', v_hold.id)
    );
    return v_hold;
end
$$;

comment on function public.lift_legal_hold is
'Ends a legal hold; it stays on record. Callable by service_role alone: who sets a hold must not be able to lift it '
'unseen. Error: PT404.';
revoke all on function public.lift_legal_hold from public, anon, authenticated, service_role;
grant execute on function public.lift_legal_hold to service_role;
