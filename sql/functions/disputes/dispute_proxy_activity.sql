-- Definer: writes disputes, which no caller may, and locks an activity that the mentor may not change.
create or replace function public.dispute_proxy_activity(
    activity_id uuid,
    reason_code text
)
returns public.proxy_disputes
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_service boolean := private.is_service_call();
    v_activity public.activities;
    v_dispute public.proxy_disputes;
begin
    if
        not coalesce(
            dispute_proxy_activity.reason_code
            = any (array['not_me', 'wrong_day', 'wrong_duration', 'wrong_type', 'duplicate', 'other']),
            false
        )
    then
        raise exception using
            errcode = '22023',
            message = 'reason_code must be not_me, wrong_day, wrong_duration, wrong_type, duplicate or other.',
            detail = 'reason_code',
            hint = 'Choose other when none of them fits.';
    end if;

    -- Locked, so that nobody changes or settles it between what is read here and what is written.
    select activity.*
    into v_activity
    from public.activities as activity
    where
        activity.id = dispute_proxy_activity.activity_id
        and (
            v_is_service
            or activity.organisation_id in (select private.my_organisation_ids())
            or activity.mentor_id in (select private.my_mentor_ids())
        )
    for no key update of activity;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no activity %s that you can see.', dispute_proxy_activity.activity_id),
            hint = 'Check the id, and who you are signed in as.';
    end if;
    if not v_is_service and v_activity.mentor_id not in (select private.my_mentor_ids()) then
        raise exception using
            errcode = '42501',
            message = 'Only the mentor for whom an activity was registered can dispute it.',
            hint = 'A coordinator corrects or voids it with update_proxy_activity.';
    end if;
    if v_activity.coordinator_id is null or v_activity.voided_at is not null then
        raise exception using
            errcode = '22023',
            message = case
                when v_activity.coordinator_id is null then 'The mentor registered this activity themselves.'
                else 'The activity is voided already.'
            end,
            detail = 'activity_id',
            hint = case
                when v_activity.coordinator_id is null then 'An activity of one''s own is corrected or voided, not disputed.'
                else 'It counts for nothing; there is nothing to dispute.'
            end;
    end if;

    select dispute.*
    into v_dispute
    from public.proxy_disputes as dispute
    where
        dispute.activity_id = v_activity.id
        and (
            dispute.outcome is null
            -- Settled, and the activity is what it was then: that word stands.
            or (dispute.reason_code = dispute_proxy_activity.reason_code and dispute.resolved_at >= v_activity.updated_at)
        )
    order by dispute.outcome is null desc, dispute.resolved_at desc
    limit 1;
    if found then
        if v_dispute.outcome is null and v_dispute.reason_code = dispute_proxy_activity.reason_code then
            -- Sent twice, it is disputed once.
            return v_dispute;
        end if;
        raise exception using
            errcode = '22023',
            message = case
                when v_dispute.outcome is null then format('The activity is disputed already, as %s.', v_dispute.reason_code)
                else format('This was settled already: %s.', v_dispute.outcome)
            end,
            detail = 'reason_code',
            hint = case
                when v_dispute.outcome is null then 'One dispute at a time: a coordinator settles the open one first.'
                else 'It can be disputed again when the activity is changed, or for another reason.'
            end;
    end if;

    insert into public.proxy_disputes as dispute (organisation_id, activity_id, mentor_id, reason_code)
    values (v_activity.organisation_id, v_activity.id, v_activity.mentor_id, dispute_proxy_activity.reason_code)
    returning dispute.* into v_dispute;

    insert into public.notifications (organisation_id, recipient_user_id, kind, payload, dedupe_key)
    -- Whoever is in scope twice gets one, by its key.
    select
        mentor.organisation_id,
        assignment.user_id,
        'proxy_disputed',
        jsonb_build_object(
            'dispute_id', v_dispute.id,
            'activity_id', v_activity.id,
            'mentor_id', v_activity.mentor_id,
            'disputed_on', private.business_date(v_activity.organisation_id, v_dispute.opened_at)
        ),
        'proxy_disputed:' || v_dispute.id || ':user:' || assignment.user_id
    from public.peer_mentors as mentor
    inner join public.coordinator_assignments as assignment
        on private.reaches(assignment, mentor.organisation_id, mentor.chapter_id)
    where
        mentor.id = v_activity.mentor_id
        -- Nobody settles what they dispute themselves.
        and assignment.user_id is distinct from mentor.user_id
    on conflict (dedupe_key) do nothing;
    return v_dispute;
end
$$;

comment on function public.dispute_proxy_activity is
'Disputes an activity that a coordinator registered on the caller''s behalf, and tells the coordinators in scope.
reason_code is not_me, wrong_day, wrong_duration, wrong_type, duplicate or other. Until another coordinator settles it, the activity counts for
badges and not for grants. Sent twice, it is disputed once. Callable by the mentor and by service_role, for a mentor who asked for it. Errors: PT404,
42501 for anybody else, 22023 (an activity of one''s own, a voided one, one that is disputed for another reason, or settled and unchanged).';
revoke all on function public.dispute_proxy_activity from public, anon, authenticated, service_role;
grant execute on function public.dispute_proxy_activity to authenticated, service_role;
