-- What the nightly run and a renewal do for a mentor, at once: a coordinator who corrects a certificate must not have to
-- wait for the night, nor must the website.
create or replace function private.apply_governing_certification(
    mentor_id uuid,
    cause text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor public.peer_mentors;
    v_is_valid boolean := (
        select governing.is_valid
        from private.governing_certification(apply_governing_certification.mentor_id) as governing
    );
    v_status public.mentor_status;
begin
    select mentor.*
    into v_mentor
    from public.peer_mentors as mentor
    where mentor.id = apply_governing_certification.mentor_id;

    -- Null: no certificate governs. Who never had one does not need one, and nobody comes back for want of one.
    v_status := case
        when v_mentor.status = 'active' and not v_is_valid then 'expired_cert'::public.mentor_status
        when v_mentor.status = 'expired_cert' and v_is_valid then 'active'::public.mentor_status
    end;
    if v_status is null then
        return;
    end if;

    perform private.set_mentor_status(array[v_mentor.id], v_status, apply_governing_certification.cause);
    select mentor.*
    into v_mentor
    from public.peer_mentors as mentor
    where mentor.id = apply_governing_certification.mentor_id;
    perform private.notify_status_changed(v_mentor);
end
$$;

comment on function private.apply_governing_certification is
'Makes the status of a mentor, whom the caller has locked, follow the certificate that governs: active becomes expired_cert
when it has expired, expired_cert active when it is valid. For our functions only.';
revoke all on function private.apply_governing_certification from public, anon, authenticated, service_role;
