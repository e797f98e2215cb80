begin;
select plan(9);
select tests.make_organisation('north');
select private.begin_job('expiry', '2026-03-01');
select throws_ok($$ select private.finish_job('expiry', '2026-03-01', 'fine') $$, '22023', null, 'an end that nobody knows');
select throws_ok(
    $$ select private.finish_job('expiry', '2026-03-01', 'skipped') $$, '23514', null, 'skipped because of nothing'
);
select lives_ok(
    $$ select private.finish_job('expiry', '2026-03-01', 'done', details => '{"total": 3}') $$, 'done'
);
select throws_ok(
    $$ select private.finish_job('expiry', '2026-03-01', 'failed', 'x') $$, 'PT404',
    'The job expiry for 2026-03-01 was not begun.', 'what has ended does not end again'
);
select is_empty($$ select * from private.begin_job('expiry', '2026-03-01') $$, 'what is done is not begun again');
select results_eq(
    $$ select state, attempts, details from private.begin_job('expiry', '2026-03-01', null, true) $$,
    $$ values ('running', 2, '{}'::jsonb) $$, 'unless somebody asks'
);
select throws_ok(
    $$ insert into public.job_runs (job, business_date) values ('expiry', '2026-03-01') $$, '23505', null,
    'one row for a job and date, also for all together'
);
select is_empty($$ select * from private.begin_job('expiry', '2026-03-02', '{}') $$, 'of no organisation there is nothing to do');
select is_empty(
    $$ select * from private.finish_job('expiry', '2026-03-02', 'done', organisation_ids => '{}') $$, 'nor to end'
);
select * from finish();
rollback;
