-- The only function that changes the desired state. It is read from the mentor's status after the row is locked: anyone
-- who asks, and whatever they thought they saw, the last committed status wins.
create or replace function private.queue_hlf_sync(
    mentor_ids uuid[],
    event text default null
)
returns int
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say. Its caller may compare everything with
-- everything and forbid loops.
set enable_seqscan = off
set enable_indexscan = off
set enable_nestloop = on
as $$
declare
    v_queued public.hlf_sync_state[];
begin
    -- OFFSET, here and below: by key for each, and not as a join, which statistics could have read all rows for each.
    -- Mentors before their sync rows, as a status change locks them.
    perform
    from public.peer_mentors as mentor
    where
        mentor.id = any (queue_hlf_sync.mentor_ids)
        and not exists (select from public.hlf_sync_state as sync where sync.mentor_id = mentor.id offset 0)
    order by mentor.id
    for key share;

    -- Version 0 has no desired state yet; the update below makes it 1.
    insert into public.hlf_sync_state (mentor_id, organisation_id, operation, desired_version, triggered_by_event)
    select mentor.id, mentor.organisation_id, 'remove', 0, 'reconciliation'
    from public.peer_mentors as mentor
    where
        mentor.id = any (queue_hlf_sync.mentor_ids)
        and not exists (select from public.hlf_sync_state as sync where sync.mentor_id = mentor.id offset 0)
    order by mentor.id
    on conflict on constraint hlf_sync_state_pkey do nothing;

    perform
    from public.hlf_sync_state as sync
    where sync.mentor_id = any (queue_hlf_sync.mentor_ids)
    order by sync.mentor_id
    for update;

    -- A request that is under way keeps its lease: one at a time for each mentor keeps them in order.
    with queued as (
        update public.hlf_sync_state as sync
        set
            operation = case when mentor.status = 'active' then 'restore' else 'remove' end,
            desired_version = sync.desired_version + 1,
            triggered_by_event = coalesce(queue_hlf_sync.event, 'status_change:' || mentor.status),
            state = case when sync.state = 'in_progress' then sync.state else 'pending' end,
            attempts = case when sync.state = 'in_progress' then sync.attempts else 0 end,
            -- What the website asked for with Retry-After binds whatever is wanted next.
            next_attempt_at = greatest(clock_timestamp(), sync.retry_not_before),
            is_doubtful = false,
            last_error = null,
            updated_at = clock_timestamp()
        from public.peer_mentors as mentor
        where sync.mentor_id = any (queue_hlf_sync.mentor_ids) and mentor.id = sync.mentor_id
        returning sync as changed
    )
    select array_agg(queued.changed)
    into v_queued
    from queued;

    insert into public.hlf_removals (organisation_id, mentor_id)
    select sync.organisation_id, sync.mentor_id
    from unnest(v_queued) as sync
    where
        sync.operation = 'remove'
        -- Without a contact nobody can be visible, and nothing would ever be confirmed.
        and (select mentor.dynamics_contact_id from public.peer_mentors as mentor where mentor.id = sync.mentor_id) is not null
        -- Reconciliation has seen them there, whatever was confirmed before.
        and (sync.confirmed_operation is distinct from 'remove' or queue_hlf_sync.event = 'reconciliation')
    on conflict (mentor_id) where confirmed_at is null and cancelled_at is null do nothing;

    perform private.cancel_open_removals(
        array(select sync.mentor_id from unnest(v_queued) as sync where sync.operation = 'restore')
    );

    if v_queued is not null then
        perform pg_notify('peerledger_hlf_sync', '');
    end if;
    return coalesce(cardinality(v_queued), 0);
end
$$;

comment on function private.queue_hlf_sync is
'Wants the mentors shown as their status says, with a new version, fresh attempts and no waiting, but for what a '
'Retry-After asked for. event: null for a change of status. Returns how many. For our functions only.';
revoke all on function private.queue_hlf_sync from public, anon, authenticated, service_role;
