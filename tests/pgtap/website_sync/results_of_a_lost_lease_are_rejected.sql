begin;
select plan(35);
select tests.make_organisation('north');
select tests.make_listed_mentor('olga', 'north');
create temporary view sync as select * from public.hlf_sync_state;
create function pg_temp.expire() returns void language sql as
$$ update public.hlf_sync_state set lease_expires_at = now() - interval '1 second' where state = 'in_progress' $$;

select is((select count(*) from public.claim_hlf_sync('first', 1, '1 minute')), 1::bigint, 'the first has it');
select results_eq(
    $$ select accepted, reason, state from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 204, worker => 'second'))) $$,
    $$ values (false, 'lease_lost', 'in_progress') $$, 'another cannot report for it'
);
select is_empty($$ select from public.extend_hlf_sync_leases('second', array[tests.id('mentor', 'olga')], '5 minutes') $$, 'nor extend');
select results_eq(
    $$ select public.extend_hlf_sync_leases('first', array[tests.id('mentor', 'olga')], '5 minutes') $$,
    array[tests.id('mentor', 'olga')], 'its holder can'
);
select ok(lease_expires_at > now() + interval '4 minutes', 'and then has longer') from sync;
select pg_temp.expire();
select results_eq(
    $$ select public.extend_hlf_sync_leases('first', array[tests.id('mentor', 'olga')], '5 minutes') $$,
    array[tests.id('mentor', 'olga')], 'also when late, as long as nobody took over'
);
select pg_temp.expire();
select tests.set_status('olga', 'expired_cert');
create temporary table late as select tests.sync_result('olga', 204, worker => 'first') as result;
select results_eq(
    $$ select operation, desired_version, attempts from public.claim_hlf_sync('second', 1, '1 minute') $$,
    $$ values ('remove', 2::bigint, 0) $$, 'the second takes over, with what is wanted now'
);
select results_eq(
    'select outcome, operation, retry_count, error_message, triggered_by_event from public.hlf_sync_audit_log',
    $$ values (
        'failure', 'restore', 0, 'The worker stopped before it reported; the change may have been applied.', 'status_change:active'
    ) $$, 'the attempt of unknown outcome is on record'
);
select results_eq(
    'select done.accepted, done.reason, done.state from late, public.complete_hlf_sync(jsonb_build_array(late.result)) as done',
    $$ values (false, 'lease_lost', 'in_progress') $$, 'and the first is refused'
);
select results_eq(
    $$ select accepted, reason, state from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 204, worker => 'second'))) $$,
    $$ values (true, null, 'synced') $$, 'the second is not'
);
select is((select count(*) from public.hlf_sync_audit_log), 2::bigint, 'two attempts, two entries');
select is((select applied_version from sync), 2::bigint, 'applied is what was confirmed');

-- The first's request may have been the last to arrive: what is wanted is sent once more.
select results_eq(
    $$ select operation, desired_version from public.claim_hlf_sync('second', 1, '1 minute') $$,
    $$ values ('remove', 2::bigint) $$, 'to be sure'
);
select is(
    (select state from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 204, worker => 'second')))),
    'synced', 'then all is well'
);
select is_empty($$ select from public.claim_hlf_sync('second', 1, '1 minute') $$, 'once');
select results_eq(
    'select done.accepted, done.reason, done.state from late, public.complete_hlf_sync(jsonb_build_array(late.result)) as done',
    $$ values (false, 'older_than_applied', 'synced') $$, 'an older version is refused whoever holds what'
);
select is((select applied_version from sync), 2::bigint, 'and changes nothing that is known');
select is((select count(*) from public.claim_hlf_sync('second', 1, '1 minute')), 1::bigint, 'but makes sure again');

-- Reported twice, as after a broken connection.
create temporary table report as select tests.sync_result('olga', 204, worker => 'second') as result;
select is((select done.accepted from report, public.complete_hlf_sync(jsonb_build_array(result, result)) as done limit 1), true, 'once');
select is((select done.reason from report, public.complete_hlf_sync(jsonb_build_array(result)) as done), 'lease_lost', 'twice');
select is((select count(*) from public.hlf_sync_audit_log), 4::bigint, 'is one attempt');
select is_empty($$ select from public.claim_hlf_sync('second', 1, '1 minute') $$, 'and no doubt');

-- A worker that dies each time.
select public.requeue_hlf_sync(tests.id('mentor', 'olga'));
do $$ begin
for v_round in 1..3 loop
    perform public.claim_hlf_sync('mortal', 1, '1 minute');
    perform pg_temp.expire();
end loop;
end $$;
select results_eq(
    $$ select desired_version, attempts from public.claim_hlf_sync('second', 1, '1 minute') $$, $$ values (3::bigint, 3) $$,
    'each of its attempts counts'
);
select results_eq(
    $$ select retry_count, triggered_by_event from public.hlf_sync_audit_log where triggered_by_event like 'manual%' order by 1 $$,
    $$ select attempt, 'manual_coordinator_requeue' from generate_series(0, 2) as attempt $$, 'and is on record'
);

-- And goes on dying. After the take-over above the fourth attempt is under way.
do $$ begin
for v_round in 5..8 loop
    perform pg_temp.expire();
    perform public.claim_hlf_sync('mortal', 1, '1 minute');
end loop;
end $$;
select results_eq('select state, attempts from sync', $$ values ('in_progress', 7) $$, 'the eighth attempt is under way');
select is_empty('select from public.ops_alerts', 'so far nobody is alarmed');
select pg_temp.expire();
select is_empty($$ select from public.claim_hlf_sync('mortal', 1, '1 minute') $$, 'when the eighth is lost too, it is given up');
select results_eq(
    'select state, attempts, leased_by, last_error from sync',
    $$ values (
        'dead_lettered', 8, null::text,
        'The worker stopped before it reported; the change may have been applied. Given up after 8 attempts.'
    ) $$, 'as any other that fails eight times'
);
select results_eq(
    'select outcome, retry_count from public.hlf_sync_audit_log order by created_at desc limit 2',
    $$ values ('dead_lettered', 8), ('failure', 6) $$, 'on record as the last one'
);
select is((select kind from public.ops_alerts), 'dead_letters', 'and an operator hears of it');

-- The organisation's own limit; a newer wish is not given up for what an older one suffered.
insert into public.organisation_settings (organisation_id, sync_max_attempts) values (tests.id('organisation', 'north'), 1);
select tests.set_status('olga', 'active');
select public.claim_hlf_sync('mortal', 1, '1 minute');
select tests.set_status('olga', 'paused');
select pg_temp.expire();
select results_eq(
    $$ select operation, attempts from public.claim_hlf_sync('mortal', 1, '1 minute') $$, $$ values ('remove', 0) $$,
    'a newer wish has its own attempts'
);
select is(
    (select last_error from sync), 'The worker stopped before it reported; the change may have been applied.', 'so nobody reads that it was given up'
);
select pg_temp.expire();
select is_empty($$ select from public.claim_hlf_sync('mortal', 1, '1 minute') $$, 'one, where one is all');
select is((select state from sync), 'dead_lettered', 'given up');
select public.complete_hlf_sync(jsonb_build_array(late.result)) from late;
select results_eq(
    'select state, is_doubtful from sync', $$ values ('dead_lettered', false) $$, 'what the first one reports at last revives nobody'
);
select finish();
rollback;
