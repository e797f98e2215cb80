create or replace function private.defer_quiet_notifications(
    as_of timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids uuid[];
    v_ends timestamptz[];
begin
    select
        array_agg(due.id),
        array_agg(due.quiet_until)
    into v_ids, v_ends
    from (
        select
            message.id,
            rules.quiet_until
        from public.notifications as message
        inner join private.delivery_rules(defer_quiet_notifications.as_of) as rules
            on rules.organisation_id = message.organisation_id
        where
            rules.quiet_until is not null
            and message.state in ('pending', 'in_progress')
            and message.next_attempt_at <= defer_quiet_notifications.as_of
            and message.kind <> 'ops_alert'
        -- A long queue in several steps: what is left over is not sent either.
        limit 10000
        for update of message skip locked
    ) as due;

    update public.notifications as message
    set
        -- Its former holder is gone, and may have sent it.
        attempts = message.attempts + (message.state = 'in_progress')::int,
        state = 'pending',
        leased_by = null,
        lease_expires_at = null,
        next_attempt_at = due.quiet_until
    from unnest(v_ids, v_ends) as due (id, quiet_until)
    where message.id = due.id;
end
$$;

comment on function private.defer_quiet_notifications is
'Puts off what is due in an organisation''s quiet hours until they end; alerts are never put off. For our functions only.';
revoke all on function private.defer_quiet_notifications from public, anon, authenticated, service_role;
