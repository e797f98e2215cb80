begin;
select plan(17);
select tests.make_organisation('north');
select tests.make_listed_mentor('olga', 'north');
create temporary view sync as select * from public.hlf_sync_state;

select public.claim_hlf_sync('w', 1, '1 minute');
select tests.set_status('olga', 'paused');
select results_eq(
    'select state, leased_by, operation, desired_version from sync', $$ values ('in_progress', 'w', 'remove', 2::bigint) $$,
    'one request at a time: the lease stays, what is wanted moves on'
);
select is_empty($$ select from public.claim_hlf_sync('other', 1, '1 minute') $$, 'nobody else gets it');
select results_eq(
    $$ select accepted, state from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 204))) $$,
    $$ values (true, 'pending') $$, 'the older one succeeded, and the newer one is due'
);
select results_eq(
    'select applied_version, confirmed_operation, attempts, next_attempt_at <= clock_timestamp() from sync',
    $$ values (1::bigint, 'restore', 0, true) $$, 'applied is the older one'
);
select results_eq(
    'select operation, outcome, triggered_by_event from public.hlf_sync_audit_log',
    $$ values ('restore', 'success', 'status_change:active') $$, 'logged is what was sent, not what is wanted by now'
);
select results_eq(
    $$ select operation, desired_version from public.claim_hlf_sync('w', 1, '1 minute') $$, $$ values ('remove', 2::bigint) $$, 'next'
);

select tests.set_status('olga', 'active');
select tests.set_status('olga', 'withdrawn');
select is(
    (select state from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 404)))), 'pending',
    'what would give the older one up does not give the newer one up'
);
select results_eq(
    $$ select outcome, retry_count, error_message from public.hlf_sync_audit_log order by created_at desc limit 1 $$,
    $$ values ('failure', 0, 'Dynamics has no such contact. (HTTP 404) Something newer is wanted by now.') $$, 'it failed'
);
select is((select desired_version from public.claim_hlf_sync('w', 1, '1 minute')), 4::bigint, 'the newest');
select tests.set_status('olga', 'paused');
select ok(
    (select next_attempt_at > clock_timestamp() + interval '4 minutes'
    from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 429, null, '300')))),
    'Retry-After binds the newer one too'
);
select is(tests.sync_once('olga', 204), 'synced', 'in the end');
select results_eq(
    'select applied_version, desired_version, confirmed_operation from sync', $$ values (5::bigint, 5::bigint, 'remove') $$,
    'the last state is on the website'
);
select results_eq(
    'select operation, outcome from public.hlf_sync_audit_log order by created_at',
    $$ values ('restore', 'success'), ('remove', 'failure'), ('remove', 'failure'), ('remove', 'success') $$, 'four attempts, four entries'
);

-- Given back unsent after what is wanted has changed.
select tests.set_status('olga', 'active');
select public.claim_hlf_sync('w', 1, '1 minute');
select tests.set_status('olga', 'paused');
select is(
    (select state from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', null, 'not_sent')))), 'pending', 'given back'
);
select is((select count(*) from public.hlf_sync_audit_log), 4::bigint, 'no attempt, no entry');

-- A coordinator's "force sync" while it is under way is not satisfied by what was sent before.
select public.claim_hlf_sync('w', 1, '1 minute');
select is(
    (public.requeue_hlf_sync(tests.id('mentor', 'olga'))).state, 'in_progress', 'forced while under way'
);
select is(
    (select state from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 204)))), 'pending', 'is sent again'
);
select finish();
rollback;
