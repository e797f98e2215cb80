-- Definer: looks where register_proxy_activities would. Volatile, since reading makes ids; nothing is written.
create or replace function public.check_proxy_activities(
    entries jsonb,
    coordinator_id uuid default null
)
returns table (
    path text,
    severity text,
    reason text
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
-- All is read by key. A plan that is kept from when the tables were small must not scan them.
set enable_seqscan = off
as $$
declare
    v_coordinator_id uuid := private.require_coordinator(check_proxy_activities.coordinator_id);
begin
    perform private.require_entries(check_proxy_activities.entries);

    return query
    select private.proxy_path(finding.entry_index, finding.field), finding.severity, finding.reason
    from private.prepare_proxy_entries(check_proxy_activities.entries, v_coordinator_id, dry_run => true) as judged
    cross join unnest(judged.findings) as finding
    order by finding.entry_index, finding.field nulls last, finding.reason;
end
$$;

comment on function public.check_proxy_activities is
'What register_proxy_activities would say of these entries: one row a fault (error) or likely doublet (warning), none when
all is well. Nothing is written. Callable by coordinators and service_role, which names one. Errors: PL006 when entries is
not an array of 1 to 500; 42501; 22023.';
revoke all on function public.check_proxy_activities from public, anon, authenticated, service_role;
grant execute on function public.check_proxy_activities to authenticated, service_role;
