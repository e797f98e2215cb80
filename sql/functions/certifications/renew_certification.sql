-- Definer: writes certificates and a status, which no caller may; the caller is checked first.
create or replace function public.renew_certification(
    mentor_id uuid,
    issued_on date,
    expires_on date
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
    v_mentor := private.lock_mentor_in_scope(renew_certification.mentor_id);
    perform private.require_somebody_else(v_mentor.id);
    if not coalesce(
        renew_certification.issued_on >= '1970-01-01'
        and renew_certification.expires_on > renew_certification.issued_on
        and renew_certification.expires_on <= '2199-12-31',
        false
    ) then
        raise exception using
            errcode = '22023',
            message = 'A certificate needs a date of issue and a later date of expiry.',
            hint = 'Both are dates from 1970 to 2199.';
    end if;

    -- Sent twice, it is one certificate.
    select certificate.*
    into v_certificate
    from public.certifications as certificate
    where
        certificate.mentor_id = v_mentor.id
        and certificate.issued_on = renew_certification.issued_on
        and certificate.expires_on = renew_certification.expires_on
        and certificate.voided_at is null
    limit 1;
    if not found then
        insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
        values (v_mentor.organisation_id, v_mentor.id, renew_certification.issued_on, renew_certification.expires_on)
        returning * into v_certificate;
    end if;

    if v_mentor.status = 'expired_cert'
        and (select governing.is_valid from private.governing_certification(v_mentor.id) as governing)
    then
        perform private.set_mentor_status(array[v_mentor.id], 'active', 'renewal');
        select mentor.*
        into v_mentor
        from public.peer_mentors as mentor
        where mentor.id = renew_certification.mentor_id;
        perform private.notify_status_changed(v_mentor);
    end if;
    return v_certificate;
end
$$;

comment on function public.renew_certification is
'Registers a new certificate.
A mentor who was expired_cert becomes active if it is valid today; a paused or withdrawn one stays that. Reminders go
by the new expiry date. Sent twice, it is one certificate. Callable by coordinators in scope, not for themselves, and
service_role. Errors: PT404, 42501, 22023.';
revoke all on function public.renew_certification from public, anon, authenticated, service_role;
grant execute on function public.renew_certification to authenticated, service_role;
