-- Definer: writes what nobody else may; the caller is checked first.
create or replace function public.set_legal_hold(
    organisation_id uuid,
    case_reference text
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
    perform private.require_whole_organisation(set_legal_hold.organisation_id);
    if not coalesce(set_legal_hold.case_reference ~ '^[A-Za-z0-9][A-Za-z0-9_/.-]{0,39}$', false) then
        raise exception using
            errcode = '22023',
            message = 'A legal hold needs the number of a case.',
            hint = 'Letters, digits and _ / . - only, at most 40; no names.';
    end if;
    -- Of a case that is numbered by its year, such as 2026/12345-6, the number may be as long as it likes.
    if
        regexp_replace(set_legal_hold.case_reference, '(19|20)[0-9]{2}/[0-9]+(-[0-9]{1,3})?', '') ~ '([0-9][_/.-]*){8}'
        or private.names_a_mentor(set_legal_hold.case_reference, set_legal_hold.organisation_id, null)
    then
        raise exception using
            errcode = '22023',
            message = 'The number of the case could be somebody''s number, or holds the name of a mentor.',
            detail = 'case_reference',
            hint = 'Write a number as year/number, such as 2026/12345-6.';
    end if;

    insert into public.legal_holds (organisation_id, case_reference, set_by)
    values (set_legal_hold.organisation_id, set_legal_hold.case_reference, private.caller_id())
    on conflict do nothing
    returning * into v_hold;
    if found then
        perform private.record_security_event(
            'legal_hold_set', organisation_id => v_hold.organisation_id,
            details => jsonb_build_object('legal_hold_id', v_hold.id)
        );
    else
        select hold.*
        into v_hold
        from public.legal_holds as hold
        where
            hold.organisation_id = set_legal_hold.organisation_id
            and hold.case_reference = set_legal_hold.case_reference
            and hold.lifted_at is null;
    end if;
    return v_hold;
end
$$;

comment on function public.set_legal_hold is
'Keeps every log entry of an organisation from being removed, until the hold is lifted.
However old they are. Setting it twice for a case is one hold. Callable by coordinators of the whole organisation
and service_role. Errors: PT404, 42501, 22023.';
revoke all on function public.set_legal_hold from public, anon, authenticated, service_role;
grant execute on function public.set_legal_hold to authenticated, service_role;
