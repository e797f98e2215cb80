-- Definer: may change mentor_id, which no client can directly; the caller is checked first.
create or replace function public.update_proxy_activity(
    id uuid,
    changes jsonb
)
returns public.activities
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_is_service boolean := private.is_service_call();
    v_coordinator_id uuid := case when not v_is_service then private.caller_id() end;
    v_old public.activities;
    v_new public.activities;
    v_changed public.activities[];
    v_findings private.proxy_finding[];
    v_standing private.proxy_standing;
begin
    if coalesce(jsonb_typeof(update_proxy_activity.changes), '') <> 'object' then
        raise exception using
            errcode = '22023',
            message = 'changes must be an object.',
            detail = 'changes',
            hint = 'Send what is to change, such as {"duration_minutes": 45}.';
    end if;

    -- Before anything is locked, as a plain statement does: a transaction of several may lock mentors in another order.
    if not v_is_service then
        perform private.take_turns();
    end if;

    -- The activity first and its mentors after it, as a plain update does.
    select activity.*
    into v_old
    from public.activities as activity
    where
        activity.id = update_proxy_activity.id
        and (
            v_is_service
            or activity.organisation_id in (select private.my_organisation_ids())
            or activity.mentor_id in (select private.my_mentor_ids())
        )
    for update of activity;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no activity %s that you can see.', update_proxy_activity.id),
            hint = 'Check the id, and who you are signed in as.';
    end if;

    v_standing := (private.proxy_standings(v_coordinator_id, array[v_old.mentor_id]))[1];
    if v_old.coordinator_id is null or (not v_is_service and (v_coordinator_id is null or v_standing.standing <> 'in_scope')) then
        raise exception using
            errcode = '42501',
            message = case
                when v_old.coordinator_id is null then 'The activity is the mentor''s own.'
                else 'You do not speak for the mentor of this activity.'
            end,
            hint = case
                when v_old.coordinator_id is null then 'Only the mentor can change it.'
                else 'A coordinator of the mentor''s chapter, or of the whole organisation, can change it, and nobody for themselves.'
            end;
    end if;

    select reading.changed, reading.findings
    into v_changed, v_findings
    from private.read_proxy_changes(v_old, update_proxy_activity.changes) as reading;
    v_new := v_changed[1];

    if v_new.mentor_id <> v_old.mentor_id then
        v_standing := (private.proxy_standings(v_coordinator_id, array[v_new.mentor_id]))[1];
        if v_standing.standing <> 'in_scope' or v_standing.organisation_id <> v_old.organisation_id then
            v_findings := v_findings || row(
                0, 'mentor_id', 'error',
                case v_standing.standing
                    when 'unknown' then 'is no mentor that you can see'
                    when 'self' then 'is you: what you did yourself you register as a mentor'
                    when 'outside' then 'is outside your chapters'
                    else 'is a mentor of another organisation than the activity'
                end,
                case v_standing.standing when 'unknown' then 'PT404' when 'in_scope' then '22023' else '42501' end
            )::private.proxy_finding;
        end if;
    end if;
    if v_findings is not null then
        perform private.raise_proxy_findings(v_findings, false);
    end if;

    perform private.lock_mentor_measures((
        select array_agg(distinct given.mentor_id) from unnest(array[v_old.mentor_id, v_new.mentor_id]) as given (mentor_id)
    ));
    v_findings := private.proxy_change_findings(array[v_old], array[v_new]);
    if v_findings is not null then
        perform private.raise_proxy_findings(v_findings, false);
    end if;

    if v_new is distinct from v_old then
        update public.activities as activity
        set
            mentor_id = v_new.mentor_id,
            activity_type = v_new.activity_type,
            occurred_on = v_new.occurred_on,
            duration_minutes = v_new.duration_minutes,
            participant_count = v_new.participant_count,
            delivery_mode = v_new.delivery_mode,
            voided_at = v_new.voided_at
        where activity.id = v_old.id
        returning activity.* into v_new;
    end if;
    return v_new;
end
$$;

comment on function public.update_proxy_activity is
'Changes an activity that was registered by proxy, and returns it.
changes is any of mentor_id (of the same organisation), activity_type, occurred_on, duration_minutes,
participant_count, delivery_mode, and voided_at (null: not voided). What is the same already writes nothing. Callable
by coordinators in whose scope the mentor is, before and after, and by service_role. Errors: PT404, 42501, 22023 whose
DETAIL names the fields.';
revoke all on function public.update_proxy_activity from public, anon, authenticated, service_role;
grant execute on function public.update_proxy_activity to authenticated, service_role;
