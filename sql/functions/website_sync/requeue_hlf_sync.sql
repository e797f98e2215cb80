-- Definer: writes what no caller may; the caller is checked first.
create or replace function public.requeue_hlf_sync(
    mentor_id uuid
)
returns public.hlf_sync_state
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sync public.hlf_sync_state;
begin
    perform private.require_mentor_in_scope(requeue_hlf_sync.mentor_id);
    perform private.queue_hlf_sync(array[requeue_hlf_sync.mentor_id], 'manual_coordinator_requeue');
    select sync.*
    into v_sync
    from public.hlf_sync_state as sync
    where sync.mentor_id = requeue_hlf_sync.mentor_id;
    return v_sync;
end
$$;

comment on function public.requeue_hlf_sync is
'Sends a mentor''s state to the website again.
Now (or when a Retry-After allows) and with fresh attempts, also when it seems to be there. A request that is under way
does not count for it. Returns the sync''s row. Callable by coordinators in scope and service_role. Errors: PT404,
42501.';
revoke all on function public.requeue_hlf_sync from public, anon, authenticated, service_role;
grant execute on function public.requeue_hlf_sync to authenticated, service_role;
