begin;
select plan(6);

select results_eq(
    $$ select private.attempt_verdict('message', code, null), array_agg(code order by code) from generate_series(400, 499) as code
    where private.attempt_verdict('message', code, null) <> 'retry' group by 1 order by 1 $$,
    $$ values ('dead_letter', array[400, 403, 404, 405, 412, 422]), ('pause', array[401]) $$,
    'what is given up at once, and what is nobody''s fault but the credentials'
);
select is_empty(
    $$ select code from generate_series(100, 599) as code
    where code not between 400 and 499
    and private.attempt_verdict('message', code, null) <> case when code between 200 and 299 then 'success' else 'retry' end $$,
    'the others are a success or tried again'
);
select is(private.attempt_verdict('website', null, null), 'retry', 'no status');
select results_eq(
    $$ select code from generate_series(100, 599) as code
    where private.attempt_verdict('website', code, null) <> private.attempt_verdict('message', code, null) order by code $$,
    $$ select code from generate_series(200, 299) as code where code <> 204 $$,
    'both say the same of every status (the website confirms with 204 only)'
);
select is_empty(
    $$ select attempts, wait
    from generate_series(0, 60) as attempts
    cross join generate_series(1, 20) as again
    cross join lateral (select private.retry_backoff(attempts + 0 * again) as wait) as found
    where not extract(epoch from wait)
        between 0.75 * least(3600, 30 * 2 ^ (greatest(attempts, 1) - 1)) and least(3600, 30 * 2 ^ (greatest(attempts, 1) - 1)) $$,
    'half a minute doubled each time, at most an hour, less at most a quarter'
);
select is_empty(
    $$ select attempts from (values (1), (3), (8), (40)) as tried (attempts)
    where (select count(distinct private.retry_backoff(attempts + 0 * again)) from generate_series(1, 20) as again) < 15 $$,
    'no two the same, also when it is the hour'
);
select finish();
rollback;
