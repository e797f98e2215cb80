-- Two of twenty cannot be handled: one status and one message.
begin;
select plan(9);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_mentor('m' || number, case when number <= 18 then 'north' else 'south' end) from generate_series(1, 20) as number;
select tests.make_certificate('m' || number, case when number % 2 = 0 then date '2026-02-28' else date '2026-03-05' end)
from generate_series(1, 20) as number;
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
    raise exception 'Kari Nordmann <kari@example.org> in /var/lib/postgresql';
end
$$;
do $$
begin
    execute format(
        'create trigger fail before update on public.peer_mentors for each row when (new.id = %L) execute function pg_temp.fail()',
        tests.id('mentor', 'm4')
    );
    execute format(
        'create trigger fail before insert on public.notifications for each row when (new.recipient_mentor_id = %L) '
        'execute function pg_temp.fail()',
        tests.id('mentor', 'm7')
    );
end
$$;

select is(
    (
        select row(status, total_transitioned, total_reminders_sent, total_failures)::text
        from public.run_certification_expiry('2026-03-01', tests.id('run', '1'))
    ),
    '(succeeded,9,9,2)', 'all but the two are handled'
);
select is(tests.status('m4'), 'active', 'the failing one keeps the status');
select is(
    (select count(*) from public.peer_mentors where status = 'expired_cert'), 9::bigint, 'the others have theirs'
);
select is(
    (select count(*) from public.cert_expiry_reminders where mentor_id = tests.id('mentor', 'm7')), 0::bigint,
    'a reminder that was not handed over is not recorded as sent'
);
select results_eq(
    $$
    select mentor_id, event_type, old_status::text, new_status::text, threshold_days, error_message
    from public.certification_expiry_audit_log where event_type like '%failed' order by event_type
    $$,
    $$
    values
    (
        tests.id('mentor', 'm7'), 'reminder_failed', null, null, 7,
        'The reminder could not be handed to the outbox. Something unexpected failed. (P0001)'
    ),
    (
        tests.id('mentor', 'm4'), 'transition_failed', 'active', null, null,
        'The status could not be changed. Something unexpected failed. (P0001)'
    )
    $$,
    'each failure has an entry, in safe text'
);
select is((select count(*) from public.certification_expiry_audit_log), 20::bigint, 'and each success');
select results_eq(
    'select organisation_id, kind, severity, details ->> ''failures'' from public.ops_alerts',
    $$ values (tests.id('organisation', 'north'), 'certification_failures', 'warning', '2') $$,
    'somebody is alerted, of the organisation it concerns'
);
drop trigger fail on public.peer_mentors;
drop trigger fail on public.notifications;
select is(
    (select row(total_transitioned, total_reminders_sent, total_failures)::text from public.run_certification_expiry('2026-03-01')),
    '(1,1,0)', 'the next run handles the two'
);
select is_empty('select * from public.find_duplicate_transitions()', 'and nobody twice');
select * from finish();
rollback;
