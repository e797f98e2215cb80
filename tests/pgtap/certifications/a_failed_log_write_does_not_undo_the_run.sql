begin;
select plan(9);
select tests.make_organisation('north');
select tests.make_coordinator('nina', 'north');
select tests.make_organisation('south');
select tests.make_coordinator('sven', 'south');
select tests.make_mentor(name, 'north') from unnest(array['expired', 'due']) as name;
select tests.make_certificate('expired', '2026-02-28');
select tests.make_certificate('due', '2026-03-10');
alter table public.certification_expiry_audit_log add constraint nothing_fits check (false) not valid;

create temporary table run as select * from public.run_certification_expiry('2026-03-01', tests.id('run', '1'));
select is(
    (select row(status, total_transitioned, total_reminders_sent, total_failures)::text from run), '(succeeded,1,1,0)',
    'the run succeeds'
);
select is(
    (select note from run), 'The audit entries could not be written: A constraint of the database was violated. (23514)',
    'a note says what is missing'
);
select is(tests.status('expired'), 'expired_cert', 'the status is changed');
select is((select count(*) from public.cert_expiry_reminders), 1::bigint, 'the reminder is sent');
select is((select count(*) from public.certification_expiry_audit_log), 0::bigint, 'there are no entries');
select is(
    (select count(*) from public.mentor_status_changes where run_id = tests.id('run', '1')), 1::bigint,
    'but the status history has the change'
);
select results_eq(
    'select kind, severity, details from public.ops_alerts',
    $$ values ('audit_write_failed', 'critical', jsonb_build_object('run_id', tests.id('run', '1'))) $$, 'an operator learns of it, and of which run'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(
    public.get_run_summary(tests.id('run', '1')) ->> 'total_transitioned', '1', 'a coordinator''s totals are right all the same'
);
reset role;
select tests.acts_as('authenticated', tests.id('user', 'sven'));
select is(
    public.get_run_summary(tests.id('run', '1')) ->> 'total_transitioned', '0', 'and so are those of another organisation''s'
);
select * from finish();
rollback;
