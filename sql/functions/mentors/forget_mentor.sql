-- Definer: erases across tables that no caller may write; the caller is checked first.
create or replace function public.forget_mentor(
    mentor_id uuid
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_name constant text := 'Forgotten mentor';
    v_mentor public.peer_mentors;
    v_personal text[];
    v_notes bigint;
    v_reasons bigint;
    v_void_reasons bigint;
    v_unsent bigint;
    v_links bigint;
    v_devices bigint;
begin
    perform private.require_mentor_in_scope(forget_mentor.mentor_id);
    select mentor.*
    into v_mentor
    from public.peer_mentors as mentor
    where mentor.id = forget_mentor.mentor_id
    for update;
    perform private.require_whole_organisation(v_mentor.organisation_id);

    v_personal := array_remove(array[
        case when v_mentor.display_name <> c_name then 'display_name' end,
        case when v_mentor.email is not null then 'email' end,
        case when v_mentor.phone is not null then 'phone' end,
        case when v_mentor.user_id is not null then 'user_id' end,
        case when v_mentor.status_reason is not null then 'status_reason' end
    ], null);
    -- Withdrawn: a forgotten mentor must not stay listed on the website. The contact id stays, since it is what
    -- the website's entry is removed by; it says nothing without the other system's own record.
    if v_mentor.status <> 'withdrawn' then
        perform private.set_mentor_status(array[v_mentor.id], 'withdrawn', 'transition');
    end if;

    update public.peer_mentors as mentor
    set
        display_name = c_name,
        email = null,
        phone = null,
        user_id = null,
        status_reason = null
    where mentor.id = forget_mentor.mentor_id;

    delete from public.activity_notes as note
    using public.activities as activity
    where note.activity_id = activity.id and activity.mentor_id = forget_mentor.mentor_id;
    get diagnostics v_notes = row_count;

    -- The reasons of earlier revocations are in the evidence.
    update public.earned_badges as earned
    set
        revoke_reason = null,
        evidence = case
            when jsonb_typeof(earned.evidence) = 'array' then (
                select coalesce(jsonb_agg(proof.value - '{reason,revoke_reason}'::text[] order by proof.number), '[]')
                from jsonb_array_elements(earned.evidence) with ordinality as proof (value, number)
                where jsonb_typeof(proof.value) = 'object'
            )
            else earned.evidence
        end
    where
        earned.mentor_id = forget_mentor.mentor_id
        and (
            earned.revoke_reason is not null
            or jsonb_path_exists(earned.evidence, '$[*] ? (@.reason != null || @.revoke_reason != null)')
        );
    get diagnostics v_reasons = row_count;

    update public.certifications as certificate
    set void_reason = null
    where certificate.mentor_id = forget_mentor.mentor_id and certificate.void_reason is not null;
    get diagnostics v_void_reasons = row_count;

    -- In id order, as those who deliver them.
    perform
    from public.notifications as notification
    where
        notification.organisation_id = v_mentor.organisation_id
        and notification.recipient_mentor_id = forget_mentor.mentor_id
    order by notification.id
    for update;
    delete from public.notifications as notification
    where
        notification.organisation_id = v_mentor.organisation_id
        and notification.recipient_mentor_id = forget_mentor.mentor_id
        and notification.state in ('pending', 'in_progress');
    get diagnostics v_unsent = row_count;

    update public.notifications as notification
    set recipient_user_id = null
    where
        notification.organisation_id = v_mentor.organisation_id
        and notification.recipient_mentor_id = forget_mentor.mentor_id
        and notification.recipient_user_id = v_mentor.user_id;
    get diagnostics v_links = row_count;

    delete from public.device_tokens as device
    where device.user_id = v_mentor.user_id;
    get diagnostics v_devices = row_count;

    -- Links and devices are those of the user id, which is personal itself.
    if cardinality(v_personal) > 0 or v_mentor.status <> 'withdrawn' or v_notes + v_reasons + v_void_reasons + v_unsent > 0 then
        perform private.record_security_event(
            'mentor_forgotten', organisation_id => v_mentor.organisation_id,
            details => jsonb_build_object('mentor_id', v_mentor.id)
        );
        perform private.record_administrative_change(
            v_mentor.organisation_id, 'mentor', v_mentor.id, 'forgotten', '{}'
        );
    end if;
    return jsonb_build_object(
        'mentor_id', v_mentor.id,
        'erased', jsonb_build_object(
            'peer_mentor_columns', to_jsonb(v_personal),
            'activity_notes', v_notes,
            'revoke_reasons', v_reasons,
            'void_reasons', v_void_reasons,
            'unsent_notifications', v_unsent,
            'notification_user_links', v_links,
            'device_tokens', v_devices
        ),
        'withdrawn', v_mentor.status <> 'withdrawn',
        'kept', jsonb_build_object(
            'ids_in_the_logs', true,
            'dynamics_contact_id', v_mentor.dynamics_contact_id is not null
        )
    );
end
$$;

comment on function public.forget_mentor is
'Erases what is personal of a mentor and withdraws them; ids stay in the logs.
Erased are name, contact data, notes, free-text reasons, unsent messages, devices and the link to the user. Returns what it
erased; a second time, nothing. Callable by coordinators of the whole organisation and service_role. Errors: PT404, 42501.';
revoke all on function public.forget_mentor from public, anon, authenticated, service_role;
grant execute on function public.forget_mentor to authenticated, service_role;
