create or replace function private.record_lost_attempts(
    mentor_ids uuid[]
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_entries jsonb;
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
            -- It may have sent its request, and that may still be carried out.
            remove_unsettled_until = case
                when coalesce(judged.claimed_operation, judged.operation) = 'remove'
                    then clock_timestamp() + private.late_request_window()
                else sync.remove_unsettled_until
            end,
            restore_unsettled_until = case
                when coalesce(judged.claimed_operation, judged.operation) = 'restore'
                    then clock_timestamp() + private.late_request_window()
                else sync.restore_unsettled_until
            end,
            updated_at = clock_timestamp()
        from judged
        where sync.mentor_id = judged.mentor_id
    )
    select coalesce(
        jsonb_agg(
            jsonb_build_object(
                'organisation_id', judged.organisation_id,
                'mentor_id', judged.mentor_id,
                'operation', coalesce(judged.claimed_operation, judged.operation),
                'retry_count', judged.attempts + judged.is_given_up::int,
                'outcome', case when judged.is_given_up then 'dead_lettered' else 'failure' end,
                'error_message', judged.error_message,
                'triggered_by_event', coalesce(judged.claimed_event, judged.triggered_by_event)
            )
        ), '[]'
    )
    into v_entries
    from judged;
    return v_entries;
end
$$;

comment on function private.record_lost_attempts is
'Of these mentors, whose rows the caller has locked, counts the attempts of those whose worker stopped before it
reported, and gives up who has had as many as their organisation allows: whatever makes each worker stop would do so
for ever. Returns the entries for log_hlf_sync_attempts. For our functions only.';
revoke all on function private.record_lost_attempts from public, anon, authenticated, service_role;
