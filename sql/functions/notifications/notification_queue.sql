create or replace function private.notification_queue(
    as_of timestamptz default clock_timestamp()
)
returns table (
    due bigint,
    waiting bigint,
    in_progress bigint,
    dead_lettered bigint,
    oldest_due_at timestamptz
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        count(*) filter (where message.state = 'pending' and message.next_attempt_at <= notification_queue.as_of),
        count(*) filter (where message.state = 'pending' and message.next_attempt_at > notification_queue.as_of),
        count(*) filter (where message.state = 'in_progress'),
        count(*) filter (where message.state = 'dead_lettered'),
        min(message.next_attempt_at) filter (
            where message.state = 'pending' and message.next_attempt_at <= notification_queue.as_of
        )
    from public.notifications as message
    where message.state <> 'sent'
$$;

comment on function private.notification_queue is
'How much the outbox holds, and since when the oldest has been due. For the runner.';
revoke all on function private.notification_queue from public, anon, authenticated, service_role;
