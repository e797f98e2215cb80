-- Definer: writes messages of all organisations and removes devices.
create or replace function public.complete_notifications(
    results jsonb,
    as_of timestamptz default clock_timestamp()
)
returns table (
    id uuid,
    outcome text
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_wait_for_credentials constant interval := interval '5 minutes';
    v_ids uuid[];
    v_outcomes text[];
begin
    perform private.require_results(
        complete_notifications.results,
        array['id', 'worker', 'device_id', 'response_code', 'error_kind', 'retry_after'],
        array['timeout', 'connection', 'unregistered', 'bad_response', 'no_address', 'no_text', 'token_refused', 'not_sent']
    );
    if complete_notifications.as_of is null then
        raise exception using
            errcode = '22023',
            message = 'as_of must be a timestamp.',
            hint = 'Leave it out for now.';
    end if;

    -- In id order, as all who lock several. With what is said of one in a digest its members change, too.
    perform
    from public.notifications as notification
    where
        notification.id in (
            select result.id from jsonb_to_recordset(complete_notifications.results) as result (id uuid)
            union all
            select member.id
            from jsonb_to_recordset(complete_notifications.results) as result (id uuid)
            inner join public.notifications as member on member.digest_id = result.id
        )
    order by notification.id
    for update;

    with attempts as (
        select
            result.*,
            private.attempt_verdict('message', result.response_code, result.error_kind) as outcome,
            private.safe_delivery_text('message', result.response_code, result.error_kind) as error_text
        from jsonb_to_recordset(complete_notifications.results) as result (
            id uuid, worker text, response_code int, error_kind text, retry_after text
        )
    ),
    -- Several devices, one message: one that got it is enough, and one that may yet get it is a reason to retry.
    messages as (
        select
            attempt.id,
            attempt.worker,
            (array_agg(attempt.outcome order by ranked.rank))[1] as outcome,
            (array_agg(attempt.error_text order by ranked.rank))[1] as error_text,
            make_interval(
                secs => max(private.retry_after_seconds(attempt.retry_after, complete_notifications.as_of))
            ) as retry_after
        from attempts as attempt
        cross join lateral (
            select array_position(array['success', 'retry', 'pause', 'give_back', 'dead_letter'], attempt.outcome) as rank
        ) as ranked
        group by attempt.id, attempt.worker
    ),
    decided as (
        select
            held.id,
            message.worker,
            case
                when message.outcome = 'retry' and held.attempts + 1 >= private.delivery_attempt_limit() then 'dead_letter'
                else message.outcome
            end as outcome,
            held.attempts + (message.outcome in ('success', 'retry', 'dead_letter'))::int as attempts,
            message.error_text,
            -- Once for all of a digest.
            case message.outcome
                when 'retry' then greatest(private.retry_backoff(held.attempts + 1), message.retry_after)
                when 'pause' then greatest(c_wait_for_credentials, message.retry_after)
                else interval '0'
            end as delay
        from messages as message
        inner join public.notifications as held on held.id = message.id
        where
            held.state = 'in_progress'
            and held.leased_by = message.worker
        for update of held
    ),
    written as (
        update public.notifications as member
        set
            state = case decided.outcome
                when 'success' then 'sent'
                when 'dead_letter' then 'dead_lettered'
                else 'pending'
            end,
            attempts = decided.attempts,
            leased_by = null,
            lease_expires_at = null,
            sent_at = case when decided.outcome = 'success' then complete_notifications.as_of end,
            last_error = case decided.outcome
                when 'success' then null
                when 'give_back' then member.last_error
                else decided.error_text
            end,
            next_attempt_at = complete_notifications.as_of + decided.delay
        from decided
        where
            member.id = decided.id
            or member.digest_id = decided.id
        returning member.id, decided.id as message_id, decided.worker, decided.outcome
    )
    select
        array_agg(message.id),
        array_agg(coalesce(written.outcome, 'refused'))
    into v_ids, v_outcomes
    from messages as message
    left join written
        on
            written.id = message.id
            and written.message_id = message.id
            and written.worker = message.worker;

    delete from public.device_tokens as device
    using jsonb_to_recordset(complete_notifications.results) as result (device_id uuid, error_kind text)
    where
        device.id = result.device_id
        and result.error_kind = 'unregistered';

    perform private.alert_of_delivery_problems(v_ids, v_outcomes);

    return query
    select result.id, result.outcome
    from unnest(v_ids, v_outcomes) as result (id, outcome);
end
$$;

comment on function public.complete_notifications is
'Records what became of claimed messages.
results is [{id, worker, device_id, response_code, error_kind, retry_after}], one entry for each device tried;
error_kind is timeout, connection, unregistered, bad_response, no_address, no_text, token_refused, not_sent or null.
Decides on retry and dead letter, and removes unregistered devices. Each id comes back with its outcome: success, retry,
dead_letter, pause, give_back or refused (the lease was lost). Callable by service_role. Error: 22023, whose DETAIL is
the path of the first invalid value (results[3].id).';
revoke all on function public.complete_notifications from public, anon, authenticated, service_role;
grant execute on function public.complete_notifications to service_role;
