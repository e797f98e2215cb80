-- Every decision about an attempt is made here; nothing is written. The rows are locked by the caller.
create or replace function private.decide_hlf_sync_results(
    results private.hlf_sync_result[],
    seen_at timestamptz
)
returns setof private.hlf_sync_verdict
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with matched as materialized (
        select
            result.*,
            sync.organisation_id,
            sync.attempts,
            sync.applied_version,
            sync.retry_not_before,
            sync.mentor_id is not null as is_known,
            sync.claimed_version < sync.desired_version as is_superseded,
            coalesce(sync.claimed_operation, sync.operation) as operation,
            coalesce(sync.claimed_event, sync.triggered_by_event) as triggered_by_event,
            coalesce(setting.sync_max_attempts, 8) as max_attempts,
            private.attempt_verdict('website', result.response_code, result.error_kind) as verdict,
            coalesce(
                sync.state = 'in_progress'
                and sync.leased_by = result.worker
                and coalesce(sync.claimed_version, sync.desired_version) = result.desired_version,
                false
            ) as holds_lease
        from unnest(decide_hlf_sync_results.results) as result
        left join public.hlf_sync_state as sync on sync.mentor_id = result.mentor_id
        left join public.organisation_settings as setting on setting.organisation_id = sync.organisation_id
    ),
    judged as (
        select
            matched.*,
            case
                when not matched.is_known then 'unknown_mentor'
                when matched.desired_version < matched.applied_version then 'older_than_applied'
                when not matched.holds_lease then 'lease_lost'
                -- The lease is used up by the first of them.
                when row_number() over (
                    partition by matched.mentor_id, matched.holds_lease order by matched.position
                ) > 1 then 'lease_lost'
            end as refusal,
            case
                when matched.verdict not in ('success', 'give_back')
                    then make_interval(
                        secs => private.retry_after_seconds(matched.retry_after, decide_hlf_sync_results.seen_at)
                    )
            end as asked_to_wait,
            case
                when matched.verdict in ('success', 'pause', 'give_back') then matched.verdict
                when matched.is_superseded then 'superseded'
                when matched.verdict = 'dead_letter' then matched.verdict
                when matched.attempts + 1 >= matched.max_attempts then 'exhausted'
                else matched.verdict
            end as fate
        from matched
    )
    select
        judged.position,
        judged.mentor_id,
        judged.organisation_id,
        judged.desired_version,
        judged.refusal,
        judged.verdict,
        case
            when judged.is_superseded then 'pending'
            when judged.fate = 'success' then 'synced'
            when judged.fate in ('dead_letter', 'exhausted') then 'dead_lettered'
            else 'pending'
        end,
        case
            when judged.is_superseded or judged.fate = 'success' then 0
            when judged.fate in ('retry', 'dead_letter', 'exhausted') then judged.attempts + 1
            else judged.attempts
        end,
        decide_hlf_sync_results.seen_at + greatest(
            case
                when judged.fate = 'retry' then private.retry_backoff(judged.attempts + 1)
                -- Nobody else uses these credentials, so nothing is paused: at least not again at once.
                when judged.fate = 'pause' and judged.organisation_id <> all (judged.credential_organisations)
                    then private.retry_backoff(1)
                else interval '0'
            end,
            judged.asked_to_wait
        ),
        -- Also when it is given up now: a later retry has to wait as well.
        case
            when judged.fate <> 'success'
                then coalesce(decide_hlf_sync_results.seen_at + judged.asked_to_wait, judged.retry_not_before)
        end,
        case
            when judged.fate in ('success', 'give_back') then null
            else
                private.safe_delivery_text('website', judged.response_code, judged.error_kind)
                || case judged.fate
                    when 'exhausted' then format(' Given up after %s attempts.', judged.attempts + 1)
                    when 'superseded' then ' Something newer is wanted by now.'
                    else ''
                end
        end,
        case
            when judged.fate = 'give_back' then null
            when judged.fate = 'success' then 'success'
            when judged.fate in ('dead_letter', 'exhausted') then 'dead_lettered'
            else 'failure'
        end,
        judged.attempts + (judged.fate in ('dead_letter', 'exhausted'))::int,
        judged.operation,
        judged.response_code,
        judged.triggered_by_event,
        judged.credential_organisations
    from judged;
end
$$;

comment on function private.decide_hlf_sync_results is
'What comes of each result: refused and why, or the row''s next state and its log entry. For our functions only.';
revoke all on function private.decide_hlf_sync_results from public, anon, authenticated, service_role;
