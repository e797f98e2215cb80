-- Definer: for the same reason as register_proxy_activities, whose checks it shares.
create or replace function public.register_proxy_activity(
    mentor_id uuid,
    activity_type text,
    occurred_on date,
    duration_minutes int,
    id uuid default gen_random_uuid(),
    participant_count int default 1,
    delivery_mode text default 'in_person',
    coordinator_id uuid default null
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
    v_coordinator_id uuid := private.require_coordinator(register_proxy_activity.coordinator_id);
    v_entries private.proxy_entry[];
    v_findings private.proxy_finding[];
    v_activity public.activities;
begin
    -- Before anything is locked, as a plain statement does: a transaction of several may lock mentors in another order.
    if not private.is_service_call() then
        perform private.take_turns();
    end if;

    select judged.prepared, judged.findings
    into v_entries, v_findings
    from private.prepare_proxy_entries(
        jsonb_build_array(jsonb_build_object(
            'id', register_proxy_activity.id,
            'mentor_id', register_proxy_activity.mentor_id,
            'activity_type', register_proxy_activity.activity_type,
            'occurred_on', to_char(register_proxy_activity.occurred_on, 'YYYY-MM-DD'),
            'duration_minutes', register_proxy_activity.duration_minutes,
            'participant_count', register_proxy_activity.participant_count,
            'delivery_mode', register_proxy_activity.delivery_mode
        )),
        v_coordinator_id,
        dry_run => false
    ) as judged;
    if v_findings is not null then
        perform private.raise_proxy_findings(v_findings, false);
    end if;

    perform private.insert_proxy_entries(v_entries, v_coordinator_id, false);
    select activity.*
    into strict v_activity
    from public.activities as activity
    where activity.id = v_entries[1].id;
    return v_activity;
end
$$;

comment on function public.register_proxy_activity is
'Registers an activity on behalf of a mentor and returns it; sent again with the same id, it is returned as it stands.
Callable by coordinators in scope, as themselves, and by service_role, which names the coordinator. Errors: PT404 no such
mentor, 42501 out of scope or the caller themselves, 22023 otherwise; DETAIL names the arguments.';
revoke all on function public.register_proxy_activity from public, anon, authenticated, service_role;
grant execute on function public.register_proxy_activity to authenticated, service_role;
