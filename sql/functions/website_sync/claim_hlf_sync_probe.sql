create or replace function private.claim_hlf_sync_probe(
    organisation_ids uuid[],
    next_probe_at timestamptz
)
returns uuid[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_claimed uuid[];
begin
    with due as (
        select pause.organisation_id
        from public.hlf_sync_pauses as pause
        where
            pause.reason = 'outage'
            and pause.next_probe_at <= clock_timestamp()
            and (
                claim_hlf_sync_probe.organisation_ids is null
                or pause.organisation_id = any (claim_hlf_sync_probe.organisation_ids)
            )
            and not exists (
                select
                from public.hlf_sync_pauses as other
                where other.organisation_id = pause.organisation_id and other.reason <> 'outage'
            )
            and exists (
                select
                from public.hlf_sync_state as sync
                where sync.organisation_id = pause.organisation_id and sync.due_at <= clock_timestamp()
            )
        order by pause.organisation_id
        for update of pause skip locked
    ),
    claimed as (
        update public.hlf_sync_pauses as pause
        set next_probe_at = claim_hlf_sync_probe.next_probe_at
        from due
        where pause.organisation_id = due.organisation_id and pause.reason = 'outage'
        returning pause.organisation_id
    )
    select array_agg(claimed.organisation_id)
    into v_claimed
    from claimed;
    return coalesce(v_claimed, '{}');
end
$$;

comment on function private.claim_hlf_sync_probe is
'The organisations that are paused for an outage alone and whose next probe is due now: the caller makes it, and nobody
else before next_probe_at. For public.claim_hlf_sync only.';
revoke all on function private.claim_hlf_sync_probe from public, anon, authenticated, service_role;
