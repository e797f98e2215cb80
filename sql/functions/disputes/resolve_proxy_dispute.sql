-- Definer: writes disputes and voids activities, which no caller may; the caller is checked first.
create or replace function public.resolve_proxy_dispute(
    activity_id uuid,
    outcome text
)
returns public.proxy_disputes
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_activity public.activities;
    v_dispute public.proxy_disputes;
begin
    if not coalesce(resolve_proxy_dispute.outcome = any (array['upheld', 'rejected']), false) then
        raise exception using
            errcode = '22023',
            message = 'outcome must be upheld or rejected.',
            detail = 'outcome',
            hint = 'upheld voids the activity; rejected leaves it as it is.';
    end if;

    -- The activity first, as whoever disputes or changes it does: of two who settle it, the second sees what the first did.
    select activity.*
    into v_activity
    from public.activities as activity
    where
        activity.id = resolve_proxy_dispute.activity_id
        and (private.is_service_call() or activity.organisation_id in (select private.my_organisation_ids()))
    for update of activity;
    if found then
        select dispute.*
        into v_dispute
        from public.proxy_disputes as dispute
        where dispute.activity_id = v_activity.id
        order by dispute.outcome is null desc, dispute.resolved_at desc
        limit 1
        for update;
    end if;
    if not found then
        if exists (
            select
            from public.proxy_disputes as dispute
            where dispute.activity_id = resolve_proxy_dispute.activity_id and dispute.mentor_id in (select private.my_mentor_ids())
        ) then
            raise exception using
                errcode = '42501',
                message = 'A mentor does not settle their own dispute.',
                hint = 'A coordinator of your organisation does.';
        end if;
        raise exception using
            errcode = 'PT404',
            message = format('There is no dispute about an activity %s that you can see.', resolve_proxy_dispute.activity_id),
            hint = 'Check the id of the activity, and that you are signed in as a coordinator of its organisation.';
    end if;

    perform private.require_mentor_in_scope(v_dispute.mentor_id);
    perform private.require_somebody_else(v_dispute.mentor_id);
    if v_activity.coordinator_id = private.caller_id() then
        raise exception using
            errcode = '42501',
            message = 'Whoever registered the activity does not settle the dispute about it.',
            hint = 'Ask another coordinator in whose scope the mentor is.';
    end if;

    if v_dispute.outcome is not null then
        if v_dispute.outcome = resolve_proxy_dispute.outcome then
            -- Sent twice, it is settled once.
            return v_dispute;
        end if;
        raise exception using
            errcode = '22023',
            message = format('The dispute was settled already: %s.', v_dispute.outcome),
            detail = 'outcome',
            hint = 'A coordinator in scope can still correct the activity with update_proxy_activity.';
    end if;

    update public.proxy_disputes as dispute
    set
        outcome = resolve_proxy_dispute.outcome,
        resolved_by = private.caller_id(),
        resolved_at = clock_timestamp()
    where dispute.id = v_dispute.id
    returning dispute.* into v_dispute;

    if v_dispute.outcome = 'upheld' and v_activity.voided_at is null then
        update public.activities as activity
        set voided_at = v_dispute.resolved_at
        where activity.id = v_activity.id;
    end if;

    perform private.notify_dispute_settled(v_dispute);
    return v_dispute;
end
$$;

comment on function public.resolve_proxy_dispute is
'Settles the dispute about an activity: upheld voids it, rejected leaves it as it is. The mentor is told.
Callable by a coordinator in whose scope the mentor is, not the one who registered the activity nor the mentor themselves, and by service_role.
Sent twice, it is settled once. Errors: PT404, 42501, 22023 for another outcome than upheld or rejected, or when it was settled otherwise.';
revoke all on function public.resolve_proxy_dispute from public, anon, authenticated, service_role;
grant execute on function public.resolve_proxy_dispute to authenticated, service_role;
