-- Definer: for the service role alone, over all of an organisation.
create or replace function public.requeue_notifications(
    org_id uuid,
    max_rows int default 100
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids uuid[];
begin
    perform private.require_organisation(requeue_notifications.org_id);
    perform private.require_between('max_rows', requeue_notifications.max_rows, 1, 10000);

    v_ids := array(
        select message.id
        from public.notifications as message
        where
            message.organisation_id = requeue_notifications.org_id
            and message.state = 'dead_lettered'
            and coalesce(message.digest_id = message.id, true)
        order by message.created_at, message.id
        limit requeue_notifications.max_rows
        for update
    );

    update public.notifications as member
    set state = 'pending', attempts = 0, next_attempt_at = clock_timestamp()
    where
        member.id = any (v_ids)
        or member.digest_id = any (v_ids);
    return cardinality(v_ids);
end
$$;

comment on function public.requeue_notifications is
'Tries an organisation''s dead letters again, oldest first, and returns how many messages. Callable by service_role.
Errors: PT404, 22023.';
revoke all on function public.requeue_notifications from public, anon, authenticated, service_role;
grant execute on function public.requeue_notifications to service_role;
