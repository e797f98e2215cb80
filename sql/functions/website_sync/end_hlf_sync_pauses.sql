create or replace function private.end_hlf_sync_pauses(
    reason text,
    organisation_ids uuid[]
)
returns int
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_resumed int;
begin
    delete from public.hlf_sync_pauses as pause
    where
        pause.reason = end_hlf_sync_pauses.reason
        and (
            end_hlf_sync_pauses.organisation_ids is null
            or pause.organisation_id = any (end_hlf_sync_pauses.organisation_ids)
        );
    get diagnostics v_resumed = row_count;
    if v_resumed > 0 then
        perform pg_notify('peerledger_hlf_sync', '');
    end if;
    return v_resumed;
end
$$;

comment on function private.end_hlf_sync_pauses is
'Ends the pause for this reason of the organisations (null: of all) and wakes the workers. Returns how many had one. For our
functions only.';
revoke all on function private.end_hlf_sync_pauses from public, anon, authenticated, service_role;
