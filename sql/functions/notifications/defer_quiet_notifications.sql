create or replace function private.defer_quiet_notifications(
    as_of timestamptz
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    update public.notifications as message
    set
        -- Whoever held it is gone, and may have sent it.
        attempts = message.attempts + (message.state = 'in_progress')::int,
        state = 'pending',
        leased_by = null,
        lease_expires_at = null,
        next_attempt_at = due.quiet_until
    from (
        select candidate.id, rules.quiet_until
        from private.delivery_rules(defer_quiet_notifications.as_of) as rules
        inner join public.notifications as candidate on candidate.organisation_id = rules.organisation_id
        where
            rules.quiet_until is not null
            and candidate.state in ('pending', 'in_progress')
            and candidate.next_attempt_at <= defer_quiet_notifications.as_of
            and candidate.kind <> 'ops_alert'
        for update of candidate skip locked
    ) as due
    where message.id = due.id
$$;

comment on function private.defer_quiet_notifications is
'Puts off what is due in an organisation''s quiet hours until they end; alerts are never put off. For our functions only.';
revoke all on function private.defer_quiet_notifications from public, anon, authenticated, service_role;
