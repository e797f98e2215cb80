-- Definer: looks where register_proxy_activities would.
create or replace function public.check_proxy_activities(
    entries jsonb,
    coordinator_id uuid default null,
    page_limit int default 1000,
    page_offset int default 0
)
returns setof public.proxy_entry_problem
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_coordinator_id uuid := private.require_coordinator(check_proxy_activities.coordinator_id);
begin
    perform private.require_entries(check_proxy_activities.entries);
    perform private.require_page(check_proxy_activities.page_limit, check_proxy_activities.page_offset);

    return query
    select
        private.proxy_path(finding.entry_index, finding.field), finding.severity, finding.reason,
        count(*) over ()
    from private.prepare_proxy_entries(check_proxy_activities.entries, v_coordinator_id, dry_run => true) as judged
    cross join unnest(judged.findings) as finding
    order by finding.entry_index, finding.field nulls last, finding.reason
    limit check_proxy_activities.page_limit
    offset check_proxy_activities.page_offset;
end
$$;

comment on function public.check_proxy_activities is
'Checks entries as register_proxy_activities would, and writes nothing.
One row a fault (error) or probable duplicate (warning), none when all is well; total_count is the number on all pages.
Callable by coordinators and service_role, which names one. Errors: PL006 when entries is not an array of 1 to 500;
42501; 22023.';
revoke all on function public.check_proxy_activities from public, anon, authenticated, service_role;
grant execute on function public.check_proxy_activities to authenticated, service_role;
