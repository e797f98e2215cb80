create or replace function private.record_lost_attempts(
    mentor_ids uuid[]
)
returns public.hlf_sync_audit_log[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entries public.hlf_sync_audit_log[];
begin
    with lost as (
        select
            sync.*,
            coalesce(sync.claimed_version < sync.desired_version, false) as is_superseded,
            sync.attempts + 1 >= coalesce(setting.sync_max_attempts, 8) as is_last,
            private.safe_delivery_text('website', null, 'worker_lost') as error_text
        from public.hlf_sync_state as sync
        left join public.organisation_settings as setting on setting.organisation_id = sync.organisation_id
        where sync.mentor_id = any (record_lost_attempts.mentor_ids) and sync.state = 'in_progress'
    ),
    judged as (
        select
            lost.*,
            lost.is_last and not lost.is_superseded as is_given_up,
            lost.error_text || case
                when lost.is_superseded then ''
                when lost.is_last then format(' Given up after %s attempts.', lost.attempts + 1)
                else ''
            end as error_message
        from lost
    ),
    written as (
        update public.hlf_sync_state as sync
        set
            attempts = case when judged.is_superseded then 0 else judged.attempts + 1 end,
            state = case when judged.is_given_up then 'dead_lettered' else sync.state end,
            leased_by = case when not judged.is_given_up then sync.leased_by end,
            lease_expires_at = case when not judged.is_given_up then sync.lease_expires_at end,
            last_error = judged.error_message,
            updated_at = clock_timestamp()
        from judged
        where sync.mentor_id = judged.mentor_id
    )
    select array_agg(row(
        gen_random_uuid(), judged.organisation_id, judged.mentor_id, coalesce(judged.claimed_operation, judged.operation),
        null, judged.attempts + judged.is_given_up::int, case when judged.is_given_up then 'dead_lettered' else 'failure' end,
        judged.error_message, coalesce(judged.claimed_event, judged.triggered_by_event), clock_timestamp(), null
    )::public.hlf_sync_audit_log)
    into v_entries
    from judged;
    return v_entries;
end
$$;

comment on function private.record_lost_attempts is
'Of these mentors, whose rows the caller has locked, counts the attempts of those whose worker stopped before it
reported, and gives up who has had as many as their organisation allows: whatever makes each worker stop would do so
for ever. Returns the entries for the log. For our functions only.';
revoke all on function private.record_lost_attempts from public, anon, authenticated, service_role;
