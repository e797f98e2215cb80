-- Definer: counts over organisations that a caller may not see whole.
create or replace function public.get_hlf_sync_state_summary()
returns setof public.hlf_sync_state_summary
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        organisation.id,
        coalesce(setting.website_sync_enabled, true),
        coalesce(counted.pending, 0),
        coalesce(counted.in_progress, 0),
        coalesce(counted.synced, 0),
        coalesce(counted.dead_lettered, 0),
        coalesce(counted.overdue_leases, 0),
        coalesce(removal.open_removals, 0),
        removal.oldest_wanted_at,
        pause.paused_since,
        pause.reasons,
        count(*) over ()
    from public.organisations as organisation
    left join public.organisation_settings as setting on setting.organisation_id = organisation.id
    left join (
        select
            sync.organisation_id,
            count(*) filter (where sync.state = 'pending') as pending,
            count(*) filter (where sync.state = 'in_progress') as in_progress,
            count(*) filter (where sync.state = 'synced') as synced,
            count(*) filter (where sync.state = 'dead_lettered') as dead_lettered,
            count(*) filter (where sync.state = 'in_progress' and sync.lease_expires_at < clock_timestamp()) as overdue_leases
        from public.hlf_sync_state as sync
        group by sync.organisation_id
    ) as counted on counted.organisation_id = organisation.id
    left join (
        select open_one.organisation_id, count(*) as open_removals, min(open_one.wanted_at) as oldest_wanted_at
        from public.hlf_removals as open_one
        where open_one.confirmed_at is null and open_one.cancelled_at is null
        group by open_one.organisation_id
    ) as removal on removal.organisation_id = organisation.id
    left join (
        select
            stopped.organisation_id,
            min(stopped.paused_at) as paused_since,
            array_agg(stopped.reason order by stopped.reason) as reasons
        from public.hlf_sync_pauses as stopped
        group by stopped.organisation_id
    ) as pause on pause.organisation_id = organisation.id
    order by organisation.id
$$;

comment on function public.get_hlf_sync_state_summary is
'Shows how the website sync of each organisation is doing.
Rows by state, expired leases that nobody took over yet, removals that are not confirmed, and what has stopped it.
Callable by service_role.';
revoke all on function public.get_hlf_sync_state_summary from public, anon, authenticated, service_role;
grant execute on function public.get_hlf_sync_state_summary to service_role;
