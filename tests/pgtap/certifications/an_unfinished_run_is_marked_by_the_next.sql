begin;
select plan(9);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
select tests.make_certificate('olga', '2026-02-28');
select public.begin_certification_run('2026-03-01', tests.id('run', 'killed'));
select is(
    (select row(status, as_of, finished_at)::text from public.certification_expiry_runs), '(running,2026-03-01,)',
    'a begun run is in the ledger'
);
select is(
    (select status from public.begin_certification_run('2026-03-01', tests.id('run', 'next'))), 'running', 'another begins'
);
select results_eq(
    'select status, note from public.certification_expiry_runs where run_id = tests.id(''run'', ''killed'')',
    $$
    select 'crashed', format('It did not finish. The run %s, begun after it, does what it left undone.', tests.id('run', 'next'))
    $$,
    'and finds that the first one crashed'
);
select is(
    (select row(status, total_transitioned)::text from public.run_certification_expiry(run_id => tests.id('run', 'next'))),
    '(succeeded,1)', 'it does what was left undone, for the date it was begun for'
);
select is(
    (select as_of from public.certification_expiry_runs where run_id = tests.id('run', 'next')), '2026-03-01', 'which it keeps'
);
select is(
    (select row(status, total_transitioned, note is null)::text from public.run_certification_expiry('2026-03-01', tests.id('run', 'killed'))),
    '(succeeded,0,f)', 'the crashed one may be run too'
);
select is(tests.status('olga'), 'expired_cert', 'the mentor has expired');
select is((select count(*) from public.mentor_status_changes), 1::bigint, 'once');
insert into public.certification_expiry_runs (run_id, as_of, is_local_today) values (tests.id('run', 'old'), '2020-01-01', true);
select is(
    (select as_of from public.run_certification_expiry(run_id => tests.id('run', 'old'))), (now() at time zone 'Europe/Oslo')::date,
    'one that was begun for today, long ago, is done for today'
);
select * from finish();
rollback;
