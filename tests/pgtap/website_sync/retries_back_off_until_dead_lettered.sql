begin;
select plan(14);
select tests.make_organisation('north');
select tests.make_listed_mentor('olga', 'north');
create temporary view sync as
select *, extract(epoch from next_attempt_at - clock_timestamp())::numeric as wait from public.hlf_sync_state;

select is(tests.sync_once('olga', 503), 'pending', 'the first time');
select ok(wait between 22 and 30, 'half a minute, less at most a quarter') from sync;
select is(tests.sync_once('olga', 503), 'pending', 'the second');
select ok(wait between 44 and 60, 'a minute') from sync;
select is(tests.sync_once('olga', 429, null, '120'), 'pending', 'the third, told to wait');
select ok(wait between 119 and 120 , 'not before that') from sync;
select is(tests.sync_once('olga', 429, null, '1'), 'pending', 'told to come back at once');
select ok(wait between 179 and 240, 'it waits its four minutes all the same') from sync;
select is(tests.sync_once('olga', 503), 'pending', 'the fifth');
select is(tests.sync_once('olga', null, 'timeout'), 'pending', 'the sixth');
select is(tests.sync_once('olga', 500), 'pending', 'the seventh');
select is(tests.sync_once('olga', 503), 'dead_lettered', 'after the eighth it is given up');
select results_eq(
    'select outcome, retry_count from public.hlf_sync_audit_log order by created_at',
    $$
    select 'failure', attempt from generate_series(0, 6) as attempt
    union all
    select 'dead_lettered', 8
    $$,
    'each counts those before it, the last one all'
);
select is(
    (select last_error from sync), 'Dynamics had a failure of its own. (HTTP 503) Given up after 8 attempts.', 'and says so'
);
select finish();
rollback;
