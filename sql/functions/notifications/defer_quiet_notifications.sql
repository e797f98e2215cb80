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
    v_due record;
begin
    for v_due in
        select due.quiet_until, array_agg(due.id) as message_ids
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
        ) as due
        group by due.quiet_until
    loop
        update public.notifications as message
        set
            -- Its former holder is gone, and may have sent it.
            attempts = message.attempts + (message.state = 'in_progress')::int,
            state = 'pending',
            leased_by = null,
            lease_expires_at = null,
            next_attempt_at = v_due.quiet_until
        where message.id = any (v_due.message_ids);
    end loop;
end
$$;

comment on function private.defer_quiet_notifications is
'Puts off what is due in an organisation''s quiet hours until they end; alerts are never put off. For our functions only.';
revoke all on function private.defer_quiet_notifications from public, anon, authenticated, service_role;
