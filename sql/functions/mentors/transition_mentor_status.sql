-- Definer: updates a column that no caller may; the caller is checked first.
create or replace function public.transition_mentor_status(
    mentor_id uuid,
    to_status public.mentor_status,
    expected_status public.mentor_status default null,
    reason text default null
)
returns public.peer_mentors
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor public.peer_mentors;
    v_certificate record;
begin
    if transition_mentor_status.to_status is null or length(transition_mentor_status.reason) > 500 then
        raise exception using
            errcode = '22023',
            message = 'to_status must be a status, and a reason has at most 500 characters.',
            hint = format('The statuses are: %s.', array_to_string(enum_range(null::public.mentor_status), ', '));
    end if;
    v_mentor := private.lock_mentor_in_scope(transition_mentor_status.mentor_id);
    if transition_mentor_status.to_status = 'active' then
        perform private.require_somebody_else(v_mentor.id);
    end if;

    if v_mentor.status <> transition_mentor_status.expected_status then
        raise exception using
            errcode = 'PL002',
            message = format(
                'The mentor is %s, not %s as expected.', v_mentor.status, transition_mentor_status.expected_status
            ),
            hint = 'The status was changed in the meantime. Read it again, and retry if the change still applies.';
    end if;

    if not exists (
        select
        from private.allowed_status_transitions() as allowed
        where
            allowed.from_status = v_mentor.status
            and allowed.to_status = transition_mentor_status.to_status
    ) then
        raise exception using
            errcode = 'PL002',
            message = format('A mentor who is %s cannot become %s.', v_mentor.status, transition_mentor_status.to_status),
            hint = (
                select format('From %s one can become: %s.', v_mentor.status, string_agg(allowed.to_status::text, ', '))
                from private.allowed_status_transitions() as allowed
                where allowed.from_status = v_mentor.status
            );
    end if;

    if transition_mentor_status.to_status = 'active' then
        select certificate.*
        into v_certificate
        from private.governing_certification(v_mentor.id) as certificate;
        -- Who never had a certificate does not need one.
        if found and not v_certificate.is_valid then
            raise exception using
                errcode = 'PL003',
                message = format('The mentor''s certificate expired on %s.', v_certificate.expires_on),
                hint = 'Register the new certificate first: renew_certification(mentor_id, issued_on, expires_on).';
        end if;
    end if;

    perform private.set_mentor_status(
        array[v_mentor.id], transition_mentor_status.to_status, 'transition',
        reason => nullif(btrim(transition_mentor_status.reason), '')
    );
    select mentor.*
    into v_mentor
    from public.peer_mentors as mentor
    where mentor.id = transition_mentor_status.mentor_id;
    perform private.notify_status_changed(v_mentor);
    return v_mentor;
end
$$;

comment on function public.transition_mentor_status is
'Changes a mentor''s status and tells the mentor and the coordinators in scope.
With expected_status only if that is still the status. Callable by coordinators in scope and service_role. Errors:
PT404, 42501, 22023, PL002 not allowed or not as expected, PL003 no certificate is valid today. Nobody makes themselves
active (42501).';
revoke all on function public.transition_mentor_status from public, anon, authenticated, service_role;
grant execute on function public.transition_mentor_status to authenticated, service_role;
