create or replace function private.numbers_of_notifications(
    at timestamptz,
    organisation_id uuid
)
returns table (
    name text,
    value jsonb
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with queue as (
        select
            count(*) filter (where message.state = 'pending' and message.next_attempt_at <= numbers_of_notifications.at) as notifications_due,
            count(*) filter (where message.state = 'pending' and message.next_attempt_at > numbers_of_notifications.at) as notifications_waiting,
            count(*) filter (where message.state = 'in_progress') as notifications_in_progress,
            count(*) filter (where message.state = 'dead_lettered') as notifications_dead_letters,
            coalesce(
                extract(epoch from numbers_of_notifications.at - min(message.next_attempt_at) filter (
                    where message.state = 'pending' and message.next_attempt_at <= numbers_of_notifications.at
                )), 0
            ) as oldest_notification_seconds
        from public.notifications as message
        where
            message.state in ('pending', 'in_progress', 'dead_lettered')
            and (numbers_of_notifications.organisation_id is null or message.organisation_id = numbers_of_notifications.organisation_id)
    )
    select found.key, found.value
    from queue
    cross join lateral jsonb_each(to_jsonb(queue)) as found
$$;

comment on function private.numbers_of_notifications is
'How much the outbox holds, and for how long the oldest has been due. For private.status_numbers only.';
revoke all on function private.numbers_of_notifications from public, anon, authenticated, service_role;
