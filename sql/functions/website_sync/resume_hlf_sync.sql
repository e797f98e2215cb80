-- Definer: nobody writes the pauses directly.
create or replace function public.resume_hlf_sync(
    organisation_ids uuid[] default null
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_resumed int;
begin
    delete from public.hlf_sync_pauses as pause
    where
        pause.reason = 'operator'
        and (
            resume_hlf_sync.organisation_ids is null
            or pause.organisation_id = any (resume_hlf_sync.organisation_ids)
        );
    get diagnostics v_resumed = row_count;
    if v_resumed > 0 then
        perform pg_notify('peerledger_hlf_sync', '');
    end if;
    return v_resumed;
end
$$;

comment on function public.resume_hlf_sync is
'Ends the pause that an operator made, for the organisations (null: for all). One for refused credentials stays until
a good check. Returns how many were resumed. Callable by service_role.';
revoke all on function public.resume_hlf_sync from public, anon, authenticated, service_role;
grant execute on function public.resume_hlf_sync to service_role;
