begin;
select plan(5);
select tests.make_two_organisations();
update public.peer_mentors set user_id = null where id = tests.id('mentor', 'sara');
delete from public.coordinator_assignments where organisation_id = tests.id('organisation', 'south');
select tests.make_certificate('olga', '2026-02-28');
select tests.make_certificate('berit', '2026-03-05');
select tests.make_certificate('sara', '2026-03-20');
create temporary table before as
select relid, tests.fingerprint(relid) as fingerprint from pg_stat_user_tables where schemaname in ('public', 'private');
create temporary table simulated as select * from public.simulate_certification_expiry('2026-03-01');

select results_eq(
    'select mentor_id, event_type, old_status::text, new_status::text, threshold_days, expires_on from simulated order by expires_on',
    $$
    values
    (tests.id('mentor', 'olga'), 'status_transitioned', 'active', 'expired_cert', null, date '2026-02-28'),
    (tests.id('mentor', 'berit'), 'reminder_dispatched', null, null, 7, '2026-03-05'),
    (tests.id('mentor', 'sara'), 'reminder_failed', null, null, 30, '2026-03-20')
    $$,
    'it says what would happen to whom'
);
select is_empty('select from before where tests.fingerprint(relid) <> fingerprint', 'nothing is written');
select public.run_certification_expiry('2026-03-01', tests.id('run', '1'));
select set_eq(
    $$
    select organisation_id, mentor_id, certification_id, event_type, old_status, new_status, threshold_days
    from public.certification_expiry_audit_log
    $$,
    'select organisation_id, mentor_id, certification_id, event_type, old_status, new_status, threshold_days from simulated',
    'the run does exactly that'
);
select isnt_empty('select from before where tests.fingerprint(relid) <> fingerprint', 'and writes');
select throws_ok(
    $$ select public.simulate_certification_expiry('infinity') $$, '22023',
    'as_of must be a date from 1970 to 2199, not infinity.', 'a date that is none is refused'
);
select * from finish();
rollback;
