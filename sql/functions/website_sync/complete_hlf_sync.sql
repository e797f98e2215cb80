-- Definer: workers write the state through these functions only.
create or replace function public.complete_hlf_sync(
    results jsonb
)
returns table (
    mentor_id uuid,
    accepted boolean,
    state text,
    next_attempt_at timestamptz,
    reason text,
    outcome text
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, with plans that are kept and whatever the statistics say.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_results private.hlf_sync_result[];
    v_verdicts private.hlf_sync_verdict[];
begin
    v_results := array(select result from private.read_hlf_sync_results(complete_hlf_sync.results) as result);
    perform private.require_between('the number of results', cardinality(v_results), 0, 1000);

    -- In id order, as all who lock several.
    perform
    from public.hlf_sync_state as sync
    where sync.mentor_id = any (array(select result.mentor_id from unnest(v_results) as result))
    order by sync.mentor_id
    for update;

    v_verdicts := array(select judged from private.decide_hlf_sync_results(v_results, v_now) as judged);

    update public.hlf_sync_state as sync
    set
        state = verdict.state,
        attempts = verdict.attempts,
        next_attempt_at = verdict.next_attempt_at,
        retry_not_before = verdict.retry_not_before,
        last_error = verdict.error_message,
        applied_version = case when verdict.verdict = 'success' then verdict.version else sync.applied_version end,
        confirmed_operation = case
            when verdict.verdict = 'success' then verdict.operation
            else sync.confirmed_operation
        end,
        leased_by = null,
        lease_expires_at = null,
        updated_at = clock_timestamp()
    from unnest(v_verdicts) as verdict
    where verdict.refusal is null and sync.mentor_id = verdict.mentor_id;

    -- No answer, or one of somebody in between: it may still be carried out. An answer that it was refused settles it.
    update public.hlf_sync_state as sync
    set
        remove_unsettled_until = case when lost.operation = 'remove' then lost.until else sync.remove_unsettled_until end,
        restore_unsettled_until = case when lost.operation = 'restore' then lost.until else sync.restore_unsettled_until end
    from (
        select verdict.mentor_id, verdict.operation, v_now + private.late_request_window() as until
        from unnest(v_verdicts) as verdict
        inner join unnest(v_results) as result on result.position = verdict.position
        where
            verdict.refusal is null
            and (
                result.error_kind in ('timeout', 'connection')
                or (result.error_kind is distinct from 'token_unavailable' and result.response_code in (408, 500, 502, 504))
            )
    ) as lost
    where sync.mentor_id = lost.mentor_id;

    -- What was just confirmed is sent once more when an older request of the opposite kind cannot arrive any more.
    update public.hlf_sync_state as sync
    set
        is_doubtful = true,
        -- At once, too, where one was already reported late.
        next_attempt_at = case when sync.is_doubtful then v_now else late.until end
    from unnest(v_verdicts) as verdict
    cross join lateral (
        select
            case verdict.operation
                when 'remove' then sync_row.restore_unsettled_until
                else sync_row.remove_unsettled_until
            end as until
        from public.hlf_sync_state as sync_row
        where sync_row.mentor_id = verdict.mentor_id
    ) as late
    where
        verdict.refusal is null
        and sync.mentor_id = verdict.mentor_id
        and sync.state = 'synced'
        and late.until > v_now;

    -- A request of an older version that nobody waited for any more may have been the last to arrive.
    update public.hlf_sync_state as sync
    set
        is_doubtful = true,
        next_attempt_at = case when sync.state = 'synced' then v_now else sync.next_attempt_at end,
        confirmed_operation = null,
        updated_at = clock_timestamp()
    from unnest(v_verdicts) as verdict
    where
        verdict.refusal is not null
        and verdict.verdict in ('success', 'retry')
        and sync.mentor_id = verdict.mentor_id
        and sync.state in ('synced', 'in_progress')
        and verdict.version < coalesce(sync.claimed_version, sync.applied_version);

    update public.hlf_removals as removal
    set confirmed_at = clock_timestamp()
    where
        removal.mentor_id = any (array(
            select verdict.mentor_id
            from unnest(v_verdicts) as verdict
            where verdict.refusal is null and verdict.verdict = 'success' and verdict.operation = 'remove'
        ))
        and removal.confirmed_at is null
        and removal.cancelled_at is null;

    -- One entry for every attempt. A refused result gets none: its attempt was logged when it was first
    -- reported, or when the lease was taken over.
    perform private.log_hlf_sync_attempts((
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'organisation_id', verdict.organisation_id,
                    'mentor_id', verdict.mentor_id,
                    'operation', verdict.operation,
                    'dynamics_response_code', verdict.response_code,
                    'retry_count', verdict.retry_count,
                    'outcome', verdict.outcome,
                    'error_message', verdict.error_message,
                    'triggered_by_event', verdict.triggered_by_event
                )
                order by verdict.position
            ), '[]'
        )
        from unnest(v_verdicts) as verdict
        where verdict.refusal is null and verdict.outcome is not null
    ));

    -- In one call, so that two workers pause organisations in the same order. Null: everybody's credentials.
    if exists (select from unnest(v_verdicts) as verdict where verdict.verdict = 'pause') then
        perform public.pause_hlf_sync(
            private.credential_organisations(array(
                select attempt from unnest(v_verdicts) as attempt where attempt.verdict = 'pause'
            )),
            'credentials_refused'
        );
    end if;
    -- Dynamics answers, so that it is not away (any more).
    if
        exists (select from public.hlf_sync_pauses as pause where pause.reason = 'outage')
        and exists (select from unnest(v_verdicts) as verdict where verdict.verdict in ('success', 'dead_letter'))
    then
        perform private.end_hlf_sync_pauses(
            'outage',
            private.credential_organisations(array(
                select attempt from unnest(v_verdicts) as attempt where attempt.verdict in ('success', 'dead_letter')
            ))
        );
    end if;

    if exists (
        select
        from unnest(v_verdicts) as verdict
        where verdict.refusal is null and verdict.state = 'pending' and verdict.next_attempt_at <= v_now
    ) then
        perform pg_notify('peerledger_hlf_sync', '');
    end if;

    return query
    select
        verdict.mentor_id,
        verdict.refusal is null,
        sync.state,
        sync.next_attempt_at,
        verdict.refusal,
        case
            when verdict.refusal is not null then 'refused'
            when verdict.state = 'dead_lettered' then 'dead_letter'
            -- Given up, but something newer is wanted by now.
            when verdict.verdict = 'dead_letter' then 'retry'
            else verdict.verdict
        end
    from unnest(v_verdicts) as verdict
    left join public.hlf_sync_state as sync on sync.mentor_id = verdict.mentor_id
    order by verdict.position;
end
$$;

comment on function public.complete_hlf_sync is
'Records what workers saw of their requests, up to 1,000 results at once.
results: an array of {mentor_id, desired_version, worker, dynamics_response_code, error_kind, retry_after,
credential_organisations}; error_kind is timeout, connection, token_refused, token_unavailable, bad_response or
not_sent (given back: no attempt). Returns a row a result, in their order, with its outcome: success, retry, dead_letter,
pause, give_back or refused; reason says why one was refused: lease_lost, older_than_applied or unknown_mentor. 401 and
token_refused pause credential_organisations (null: all; empty: none) and alert; an answer ends their pause for an outage.
Callable by service_role. Error: 22023 with the path.';
revoke all on function public.complete_hlf_sync from public, anon, authenticated, service_role;
grant execute on function public.complete_hlf_sync to service_role;
