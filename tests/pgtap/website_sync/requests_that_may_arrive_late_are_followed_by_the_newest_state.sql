begin;
select plan(22);
select tests.make_organisation('north');
create temporary view sync as select * from public.hlf_sync_state;

-- As if so much time had passed since.
create function pg_temp.time_passes(by interval) returns void
language sql
as $$
    update public.hlf_sync_state
    set
        next_attempt_at = next_attempt_at - time_passes.by,
        lease_expires_at = lease_expires_at - time_passes.by,
        remove_unsettled_until = remove_unsettled_until - time_passes.by,
        restore_unsettled_until = restore_unsettled_until - time_passes.by;
$$;

select tests.make_listed_mentor('olga', 'north');
select tests.sync_once('olga', null, 'timeout');
select tests.set_status('olga', 'withdrawn');
select is(tests.sync_once('olga', 204), 'synced', 'the restore hangs, the removal is confirmed');
select results_eq(
    $$ select is_doubtful, next_attempt_at > now() + interval '9 minutes' from sync $$, $$ values (true, true) $$,
    'the restore may still land: the removal is not the last word'
);
select is_empty($$ select from public.claim_hlf_sync('w', 1, '1 minute') $$, 'but not at once');
select pg_temp.time_passes('11 minutes');
select results_eq(
    $$ select operation, desired_version from public.claim_hlf_sync('w', 1, '1 minute') $$, $$ values ('remove', 2::bigint) $$,
    'it is sent once more when nothing can land any more'
);
select is(
    (select state from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 204)))), 'synced', 'and confirmed'
);
select pg_temp.time_passes('1 day');
select is_empty($$ select from public.claim_hlf_sync('w', 1, '1 minute') $$, 'once, and not for ever');
select is((select is_doubtful from sync), false, 'no doubt is left');

-- In between it was sent once more with success: the first one may still hang.
select tests.set_status('olga', 'active');
select tests.sync_once('olga', 502);
select is(tests.sync_once('olga', 204), 'synced', 'the same is wanted, and another request did it');
select is((select is_doubtful from sync), false, 'landing late it changes nothing');
select tests.set_status('olga', 'paused');
select tests.sync_once('olga', 204);
select is((select is_doubtful from sync), true, 'now it would');
select tests.set_status('olga', 'active');
select tests.sync_once('olga', 204);
select is((select is_doubtful from sync), false, 'and now no more: it says the same');
select pg_temp.time_passes('1 day');

-- Answers that settle it.
select tests.set_status('olga', 'paused');
select tests.sync_once('olga', code, kind)
from (values (429, null), (503, null), (null, 'token_unavailable')) as answer (code, kind);
select tests.set_status('olga', 'active');
select tests.sync_once('olga', 204);
select is((select is_doubtful from sync), false, 'what was refused, or never sent, does not land');

-- Each of these leaves a request behind.
select tests.set_status('olga', 'paused');
select results_eq(
    format($$ select tests.sync_once('olga', %s, %L) $$, code, kind), $$ values ('pending') $$, 'no answer of Dynamics'
)
from (values ('408', null), ('504', null), ('500', null), ('null', 'connection')) as answer (code, kind);
select ok((select remove_unsettled_until > now() + interval '9 minutes' from sync), 'the removal may still land');
select tests.set_status('olga', 'active');
select tests.sync_once('olga', 204);
select is((select is_doubtful from sync), true, 'so the restore is sent once more');
select pg_temp.time_passes('1 day');
select tests.sync_once('olga', 204);

-- A worker that died with its request under way.
select tests.set_status('olga', 'paused');
select public.claim_hlf_sync('dead', 1, '1 minute');
select tests.set_status('olga', 'active');
select pg_temp.time_passes('2 minutes');
select is(
    (select operation from public.claim_hlf_sync('w', 1, '1 minute')), 'restore', 'another worker takes over'
);
select public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 204)));
select is((select is_doubtful from sync), true, 'what the dead one sent may still land');

-- Something newer is wanted: it takes the place of the sending that waits.
select tests.set_status('olga', 'withdrawn');
select results_eq(
    'select is_doubtful, next_attempt_at <= clock_timestamp() from sync', $$ values (false, true) $$, 'at once, as ever'
);
select tests.sync_once('olga', 204);
select is((select is_doubtful from sync), false, 'and it says what the dead one said');
select finish();
rollback;
