begin;
select plan(6);
select tests.make_organisation('north');
select tests.make_chapter('oslo', 'north');
select tests.make_chapter('bergen', 'north');
select tests.make_coordinator('oskar', 'north', 'oslo');
select tests.make_mentor('olga', 'north', 'oslo');
select tests.make_mentor('berit', 'north', 'bergen');
select tests.make_mentor('beate', 'north', 'bergen');
update public.peer_mentors set user_id = null;
update public.peer_mentors set email = 'beate@example.org' where id = tests.id('mentor', 'beate');
select tests.make_certificate(name, '2026-03-05') from unnest(array['olga', 'berit', 'beate']) as name;

select is(
    (select row(total_reminders_sent, total_failures)::text from public.run_certification_expiry('2026-03-01', tests.id('run', '1'))),
    '(2,1)', 'one of three can be told by nobody'
);
select results_eq(
    $$
    select mentor_id, error_message from public.certification_expiry_audit_log where event_type = 'reminder_failed'
    $$,
    $$
    values (
        tests.id('mentor', 'berit'),
        'Nobody can be told: the mentor has neither an account nor an e-mail address, and no coordinator.'
    )
    $$,
    'who has no account, no address and no coordinator'
);
select results_eq(
    'select recipient_user_id, recipient_mentor_id from public.notifications order by recipient_mentor_id',
    $$ values (null, tests.id('mentor', 'beate')), (tests.id('user', 'oskar'), null) $$,
    'an address is enough, and so is a coordinator'
);
select tests.make_coordinator('bodil', 'north', 'bergen');
select is(
    (select row(total_reminders_sent, total_failures)::text from public.run_certification_expiry('2026-03-01')),
    '(1,0)', 'with a coordinator the reminder is sent'
);
update public.peer_mentors set email = ' ';
delete from public.coordinator_assignments;
select is(
    (select row(total_transitioned, total_failures)::text from public.run_certification_expiry('2026-04-01')), '(3,0)',
    'an expired certificate takes effect though nobody is told'
);
select is((select count(*) from public.ops_alerts where kind = 'certification_failures'), 1::bigint, 'an operator learns of it');
select * from finish();
rollback;
