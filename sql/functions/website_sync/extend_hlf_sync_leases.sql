-- Definer: workers write the state through these functions only.
create or replace function public.extend_hlf_sync_leases(
    worker text,
    mentor_ids uuid[],
    lease interval
)
returns setof uuid
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.require_lease(extend_hlf_sync_leases.worker, extend_hlf_sync_leases.lease);
    perform private.require_between(
        'the number of mentor_ids', coalesce(cardinality(extend_hlf_sync_leases.mentor_ids), 0), 0, 1000
    );

    -- In id order, as all who lock several.
    perform
    from public.hlf_sync_state as sync
    where sync.mentor_id = any (extend_hlf_sync_leases.mentor_ids)
    order by sync.mentor_id
    for update;

    return query
    update public.hlf_sync_state as sync
    set lease_expires_at = greatest(sync.lease_expires_at, clock_timestamp() + extend_hlf_sync_leases.lease)
    where
        sync.mentor_id = any (extend_hlf_sync_leases.mentor_ids)
        and sync.state = 'in_progress'
        and sync.leased_by = extend_hlf_sync_leases.worker
    returning sync.mentor_id;
end
$$;

comment on function public.extend_hlf_sync_leases is
'Extends a worker''s leases of up to 1,000 mentors to so long from now, and never shortens one.
Returns the mentors that it still holds: for the others it must not start a request. Callable by service_role. Error:
22023.';
revoke all on function public.extend_hlf_sync_leases from public, anon, authenticated, service_role;
grant execute on function public.extend_hlf_sync_leases to service_role;
