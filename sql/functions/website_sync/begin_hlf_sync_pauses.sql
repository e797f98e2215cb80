create or replace function private.begin_hlf_sync_pauses(
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
    v_paused int;
begin
    insert into public.hlf_sync_pauses (organisation_id, reason)
    select organisation.id, begin_hlf_sync_pauses.reason
    from public.organisations as organisation
    where
        begin_hlf_sync_pauses.organisation_ids is null
        or organisation.id = any (begin_hlf_sync_pauses.organisation_ids)
    order by organisation.id
    on conflict on constraint hlf_sync_pauses_pkey do nothing;
    get diagnostics v_paused = row_count;
    return v_paused;
end
$$;

comment on function private.begin_hlf_sync_pauses is
'Stops the sync of the organisations (null: of all that there are; unknown ids are ignored) for this reason. Returns how
many it had not stopped before. For our functions only.';
revoke all on function private.begin_hlf_sync_pauses from public, anon, authenticated, service_role;
