-- An alert that cannot be written fails the upkeep: what it speaks of is not marked as seen, and is found again.
create or replace function private.watch_logs()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.mark_guards('look');

    perform private.write_alert(
        'log_guards_missing',
        'critical',
        format('The guards of %s are not all in place. See `peerledger status`.', guard.log_name),
        'log_guards_missing:' || guard.log_name
    )
    from private.log_guards() as guard
    where guard.problem <> ''
    group by guard.log_name;

    begin
        -- One a day: who acknowledges yesterday's shall hear of today's.
        perform private.write_alert(
            'log_change_refused',
            'critical',
            format(
                'Somebody tried to change a log %s on %s and was refused. See security_events.',
                case when refused.attempts = 1 then 'once' else refused.attempts || ' times' end, refused.day
            ),
            'log_change_refused:' || refused.day
        )
        from (
            select (event.occurred_at at time zone 'utc')::date as day, count(*) as attempts
            from public.security_events as event
            where event.event_kind = 'log_change_refused' and event.occurred_at > now() - interval '2 days'
            group by 1
        ) as refused
        where not exists (
            select from public.ops_alerts as alert where alert.dedupe_key = 'log_change_refused:' || refused.day
        );
    exception
        -- That the log of the logs is not there has its own alert by now; the others are looked after all the same.
        when undefined_table or undefined_column then
            raise warning 'peerledger.security: security_events cannot be read (%)', sqlstate;
    end;
end
$$;

comment on function private.watch_logs is
'Looks at the guards of the logs: every change since the last look becomes an entry of security_events and an alert, also '
'one undone since (private.mark_guards); a missing guard or a refused attempt to change a log an '
'alert. For our functions and the runner.';
revoke all on function private.watch_logs from public, anon, authenticated, service_role;
