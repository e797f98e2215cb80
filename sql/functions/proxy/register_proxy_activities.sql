-- Definer: what the policies ask of each row is asked here of all entries at once, so that the answer can
-- name each of them.
create or replace function public.register_proxy_activities(
    entries jsonb,
    refuse_duplicates boolean default false,
    coordinator_id uuid default null
)
returns setof public.activities
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
    c_columns constant text := private.columns_of('public.activities');
    v_coordinator_id uuid := private.require_coordinator(register_proxy_activities.coordinator_id);
    v_entries private.proxy_entry[];
    v_findings private.proxy_finding[];
begin
    perform private.require_entries(register_proxy_activities.entries);
    -- Before anything is locked, as a plain statement does: a transaction of several may lock mentors in another order.
    if not private.is_service_call() then
        perform private.take_turns();
    end if;

    select judged.prepared, judged.findings
    into v_entries, v_findings
    from private.prepare_proxy_entries(register_proxy_activities.entries, v_coordinator_id, dry_run => false) as judged;
    if v_findings is not null then
        perform private.raise_proxy_findings(
            v_findings, true, coalesce(register_proxy_activities.refuse_duplicates, false)
        );
    end if;

    -- For the trigger that writes the log; as an attribute of this function only a superuser could set it.
    perform set_config('peerledger.registering', 'bulk', true);
    perform private.insert_proxy_entries(v_entries, v_coordinator_id, true);
    perform set_config('peerledger.registering', '', true);
    return query execute format(
        'select %s from public.activities where id = any ($1) order by array_position($1, id)', c_columns
    )
    using array(select entry.id from unnest(v_entries) as entry order by entry.entry_index);
end
$$;

comment on function public.register_proxy_activities is
'Registers 1 to 500 activities on behalf of mentors, all or none, and returns them in the order of the entries.
An entry is an object with mentor_id, activity_type, occurred_on, duration_minutes and, if wanted, id,
participant_count and delivery_mode. An activity sent again with its id is returned as it stands. What looks registered
already is a warning, or with refuse_duplicates an error; check_proxy_activities says so beforehand. Callable by
coordinators, as themselves, and by service_role, which names the coordinator. Errors: PL006 whose DETAIL is the path
of each fault, one a line (entries[17].mentor_id); 42501; 22023 without a coordinator.';
revoke all on function public.register_proxy_activities from public, anon, authenticated, service_role;
grant execute on function public.register_proxy_activities to authenticated, service_role;
