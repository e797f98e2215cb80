create or replace function private.problems_of_notifications(
    at timestamptz,
    organisation_id uuid
)
returns setof private.problem
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        'message_dead_letters',
        'warning',
        organisation.id,
        format(
            '%s %s of %s could not be delivered.',
            count(*), case when count(*) = 1 then 'message' else 'messages' end, organisation.slug
        ),
        format('when the cause is corrected: select public.requeue_notifications(''%s'')', organisation.id),
        count(*),
        min(message.created_at)
    from public.notifications as message
    inner join public.organisations as organisation on organisation.id = message.organisation_id
    where
        message.state = 'dead_lettered'
        and (problems_of_notifications.organisation_id is null or message.organisation_id = problems_of_notifications.organisation_id)
    group by organisation.id, organisation.slug
    union all
    select
        'messages_overdue',
        'warning',
        problems_of_notifications.organisation_id,
        'Messages have been due for more than an hour, and nobody sends them.',
        'peerledger worker (or once: peerledger notify --once)',
        count(*),
        min(message.next_attempt_at)
    from public.notifications as message
    where
        message.state = 'pending'
        and message.next_attempt_at < problems_of_notifications.at - interval '1 hour'
        and (problems_of_notifications.organisation_id is null or message.organisation_id = problems_of_notifications.organisation_id)
    having count(*) > 0
$$;

comment on function private.problems_of_notifications is
'Dead letters, and messages that nobody sends. For private.status_problems only.';
revoke all on function private.problems_of_notifications from public, anon, authenticated, service_role;
