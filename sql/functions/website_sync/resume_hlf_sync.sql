-- Definer: nobody writes the pauses directly.
create or replace function public.resume_hlf_sync(
    organisation_ids uuid[] default null
)
returns int
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select private.end_hlf_sync_pauses('operator', resume_hlf_sync.organisation_ids)
$$;

comment on function public.resume_hlf_sync is
'Ends the pause that an operator made, for the organisations (null: for all).
One for refused credentials stays until a good check. Returns how many were resumed. Callable by service_role.';
revoke all on function public.resume_hlf_sync from public, anon, authenticated, service_role;
grant execute on function public.resume_hlf_sync to service_role;
