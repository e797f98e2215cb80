begin;
select plan(13);
select tests.make_organisation('north');
select tests.make_listed_mentor('olga', 'north');
create temporary view sync as
select *, extract(epoch from next_attempt_at - clock_timestamp())::numeric as wait from public.hlf_sync_state;

select is(tests.sync_once('olga', 429, null, '600'), 'pending', 'told to wait ten minutes');
select public.requeue_hlf_sync(tests.id('mentor', 'olga'));
select ok(wait between 590 and 600, 'a "force sync" does not come before that') from sync;
select tests.set_status('olga', 'withdrawn');
select ok(wait between 590 and 600 and operation = 'remove', 'nor does a change of status') from sync;
select is_empty($$ select from public.claim_hlf_sync('w', 1, '1 minute') $$, 'nobody gets it');

select is(tests.sync_once('olga', 503), 'pending', 'a later failure that asks for nothing');
select tests.set_status('olga', 'active');
select ok(wait between 590 and 600, 'does not take back what was asked') from sync;
select is(tests.sync_once('olga', 404, null, '1200'), 'dead_lettered', 'asked for with the answer that gives it up');
select is(public.requeue_dead_letters(tests.id('organisation', 'north')), 1, 'tried again');
select ok(wait between 1190 and 1200, 'when it is allowed') from sync;

select is(tests.sync_once('olga', 204), 'synced', 'a success');
select tests.set_status('olga', 'paused');
select ok(wait <= 0, 'ends the waiting') from sync;

-- Asked for while something newer was wanted already.
select public.claim_hlf_sync('w', 1, '1 minute');
select tests.set_status('olga', 'active');
select public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 429, null, '600')));
select tests.set_status('olga', 'withdrawn');
select ok(wait between 590 and 600, 'it binds the next wish, and the one after') from sync;
select public.record_credential_check(true);
select is(
    (select next_attempt_at = retry_not_before from sync), true, 'the time is kept'
);
select finish();
rollback;
