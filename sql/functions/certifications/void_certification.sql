-- Definer: writes certificates and a status, which no caller may; the caller is checked first.
create or replace function public.void_certification(
    certification_id uuid,
    reason text
)
returns public.certifications
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor public.peer_mentors;
    v_certificate public.certifications;
begin
    select certificate.*
    into v_certificate
    from public.certifications as certificate
    where
        certificate.id = void_certification.certification_id
        and (private.is_service_call() or certificate.organisation_id in (select private.my_organisation_ids()));
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no certificate %s that you can see.', void_certification.certification_id),
            hint = 'Check the id: it is that of the certificate, not of the mentor.';
    end if;
    if coalesce(btrim(void_certification.reason), '') = '' or length(btrim(void_certification.reason)) > 500 then
        raise exception using
            errcode = '22023',
            message = 'A certificate is voided for a reason, of at most 500 characters.',
            detail = 'reason',
            hint = 'Say what was wrong, for example: expiry date mistyped.';
    end if;
    v_mentor := private.lock_mentor_in_scope(v_certificate.mentor_id);
    perform private.require_somebody_else(v_mentor.id);

    update public.certifications as certificate
    set
        voided_at = clock_timestamp(),
        voided_by = private.caller_id(),
        void_reason = btrim(void_certification.reason)
    where certificate.id = v_certificate.id and certificate.voided_at is null
    returning certificate.* into v_certificate;
    if not found then
        -- Sent twice, it is voided once, for the first reason.
        select certificate.*
        into v_certificate
        from public.certifications as certificate
        where certificate.id = void_certification.certification_id;
        return v_certificate;
    end if;

    perform private.apply_governing_certification(v_mentor.id, 'certification_voided');
    return v_certificate;
end
$$;

comment on function public.void_certification is
'Takes back a mistaken certificate: it stays, marked, and governs no more.
The mentor''s status follows at once: expired_cert if the certificate that governs now has expired, active again if it is valid. Sent twice, it
is voided once. Callable by coordinators in scope, not for themselves, and service_role. Errors: PT404, 42501, 22023 without a reason.';
revoke all on function public.void_certification from public, anon, authenticated, service_role;
grant execute on function public.void_certification to authenticated, service_role;
