-- What one worker reports of one mentor changes and locks nothing of another's; what it may not report changes nothing at all.
begin;
select plan(40);
select tests.make_organisation('north');
select tests.make_organisation('south');
insert into public.organisation_settings (organisation_id, sync_max_attempts) values (tests.id('organisation', 'south'), 1);
select tests.make_listed_mentor(name, 'north') from unnest(array['olga', 'berit', 'kari', 'lise']) as name;
create temporary view sync as
select mentor.display_name, sync.*
from public.hlf_sync_state as sync
inner join public.peer_mentors as mentor on mentor.id = sync.mentor_id;
-- The rows are made anew: what was locked stays so until the transaction ends.
create function pg_temp.locked() returns text language sql as $$
    select string_agg(mentor.display_name, ' ' order by mentor.display_name)
    from public.hlf_sync_state as sync
    inner join public.peer_mentors as mentor on mentor.id = sync.mentor_id
    where sync.xmax::text <> '0'
$$;
create function pg_temp.unlock() returns void language plpgsql as $$
begin
    create temporary table kept on commit drop as select sync.* from public.hlf_sync_state as sync;
    delete from public.hlf_sync_state where true;
    insert into public.hlf_sync_state (
        mentor_id, organisation_id, operation, desired_version, applied_version, state, attempts, next_attempt_at, leased_by,
        lease_expires_at, triggered_by_event, claimed_version, claimed_operation, claimed_event
    )
    select
        mentor_id, organisation_id, operation, desired_version, applied_version, state, attempts, next_attempt_at, leased_by,
        lease_expires_at, triggered_by_event, claimed_version, claimed_operation, claimed_event
    from kept;
    drop table kept;
end
$$;
create function pg_temp.expire() returns void language sql as
$$ update public.hlf_sync_state set lease_expires_at = now() - interval '1 second' where state = 'in_progress' $$;
create function pg_temp.report(variadic results jsonb []) returns table (answer text) language sql as $$
    select concat_ws(' ', mentor.display_name, done.accepted::text, done.state, done.reason, done.outcome)
    from public.complete_hlf_sync(to_jsonb(report.results)) with ordinality as done (mentor_id, accepted, state, next_attempt_at, reason, outcome, nth)
    inner join public.peer_mentors as mentor on mentor.id = done.mentor_id
    order by done.nth
$$;

-- A request that may still arrive.
select public.claim_hlf_sync('w', 10, '1 minute');
select results_eq(
    $$ select pg_temp.report(tests.sync_result('olga', null, 'timeout'), tests.sync_result('berit', 204)) $$,
    array['olga true pending retry', 'berit true synced success'], 'each has its answer'
);
select results_eq(
    'select display_name, restore_unsettled_until is null, remove_unsettled_until is null from sync order by display_name',
    $$ values ('berit', true, true), ('kari', true, true), ('lise', true, true), ('olga', false, true) $$, 'it is the one that timed out'
);
select is(
    restore_unsettled_until between clock_timestamp() + interval '9 minutes 50 seconds' and clock_timestamp() + interval '10 minutes', true,
    'for ten minutes'
)
from sync where display_name = 'olga';

-- Locks.
select pg_temp.unlock();
create temporary table untouched as select sync.* from public.hlf_sync_state as sync;
select pg_temp.report(tests.sync_result('kari', 204, worker => 'nobody'));
select pg_temp.report(tests.sync_result('kari', null, 'timeout', worker => 'nobody'));
select is(pg_temp.locked(), 'kari', 'reporting locks whom it is about');
select set_eq('table public.hlf_sync_state', 'table untouched', 'and by who never had the lease changes nothing');
select pg_temp.unlock();
select public.extend_hlf_sync_leases('nobody', array[tests.id('mentor', 'lise')], '5 minutes');
select is(pg_temp.locked(), 'lise', 'so does extending');
select pg_temp.unlock();
select tests.make_mentor('pia', 'north'), tests.make_mentor('rita', 'north');
select tests.set_status('pia', 'paused');
select is(pg_temp.locked(), 'pia', 'and wanting something else');
select is(
    (select xmax::text from public.peer_mentors where id = tests.id('mentor', 'rita')), '0', 'also where nothing was wanted of others before'
);
create temporary table leases as select display_name, lease_expires_at from sync where state = 'in_progress';
select bag_eq(
    $$ select extended from public.extend_hlf_sync_leases('w', array[tests.id('mentor', 'lise'), tests.id('mentor', 'berit')], '5 minutes') as extended $$,
    array[tests.id('mentor', 'lise')], 'who is not in progress has no lease to extend'
);
select results_eq(
    'select sync.display_name from sync inner join leases using (display_name) where sync.lease_expires_at > leases.lease_expires_at',
    array['lise'], 'and another''s stays as long as it was'
);
select is_empty($$ select public.extend_hlf_sync_leases('w', ids, '5 minutes') from (values ('{}'::uuid[]), (null)) as given (ids) $$, 'of nobody nobody');
select throws_ok(
    format('select public.extend_hlf_sync_leases(''w'', %L, %L)', '{}', lease), '22023', null, 'a lease is not as long as ' || lease
)
from unnest(array['0', '61 minutes']) as lease;
select lives_ok(
    $$ select public.extend_hlf_sync_leases('w', array(select gen_random_uuid() from generate_series(1, 1000)), '5 minutes') $$, 'a thousand at once'
);
select throws_ok(
    $$ select public.extend_hlf_sync_leases('w', array(select gen_random_uuid() from generate_series(1, 1001)), '5 minutes') $$, '22023', null, 'no more'
);
select is(
    tests.outcome('service_role', null, format('select count(*) from public.complete_hlf_sync(%L)', (
        select jsonb_agg(tests.sync_result('kari', 204, worker => 'nobody')) from generate_series(1, results)
    ))), outcome, format('%s results: %s', results, outcome)
)
from (values (1000, '1'), (1001, '22023')) as given (results, outcome);

-- Twice in one report; and by one who lost the lease.
select is(array(select pg_temp.report(tests.sync_result('kari', 204), tests.sync_result('kari', 503)))::text[], answers, 'the lease is used up by the first')
from (values (array['kari true synced success', 'kari false synced lease_lost refused'])) as given (answers);
select tests.set_status('olga', 'withdrawn');
select public.claim_hlf_sync('first', 1, '1 minute');
create temporary table late as select tests.sync_result('olga', 204, worker => 'first') as removed;
select pg_temp.expire();
select public.claim_hlf_sync('second', 1, '1 minute');
select is(pg_temp.report(removed), 'olga false in_progress lease_lost refused', 'who lost the lease is refused') from late;
select is(
    (select confirmed_at from public.hlf_removals where mentor_id = tests.id('mentor', 'olga')), null, 'and confirms no removal'
);
select is(pg_temp.report(tests.sync_result('olga', 204, worker => 'second')), 'olga true synced success', 'who has it does');
select isnt((select confirmed_at from public.hlf_removals where mentor_id = tests.id('mentor', 'olga')), null, 'both');
update public.hlf_removals set confirmed_at = '2026-01-01' where mentor_id = tests.id('mentor', 'olga');
select public.requeue_hlf_sync(tests.id('mentor', 'olga'));
select is(tests.sync_once('olga', 204), 'synced', 'sent once more');
select is(
    (select confirmed_at from public.hlf_removals where mentor_id = tests.id('mentor', 'olga')), timestamptz '2026-01-01', 'it was gone since the first'
);
-- Of an older version, by one who heard nothing.
select tests.set_status('olga', 'active');
select tests.sync_once('olga', 204);
update public.hlf_sync_state set is_doubtful = false where mentor_id = tests.id('mentor', 'olga');
update public.hlf_sync_state
set is_doubtful = false, state = 'synced', leased_by = null, lease_expires_at = null, claimed_version = 100, desired_version = 100, applied_version = 100
where mentor_id <> tests.id('mentor', 'olga');
select pg_temp.report(removed || '{"dynamics_response_code": null, "error_kind": "timeout"}') from late;
select is((select is_doubtful from sync where display_name = 'olga'), true, 'an older request without an answer may have been the last to arrive');
select is_empty($$ select from sync where is_doubtful and display_name <> 'olga' $$, 'which says nothing of others');
update public.hlf_sync_state set is_doubtful = false where mentor_id = tests.id('mentor', 'olga');
select pg_temp.report(removed || '{"dynamics_response_code": 404}') from late;
select is((select is_doubtful from sync where display_name = 'olga'), false, 'one that was refused changed nothing');

-- A request of one that may still arrive casts no doubt on what is confirmed of another, nor delays what is wanted by now.
update public.hlf_sync_state set remove_unsettled_until = clock_timestamp() + interval '9 minutes' where mentor_id = tests.id('mentor', 'kari');
update public.hlf_sync_state set remove_unsettled_until = null, restore_unsettled_until = null where mentor_id = tests.id('mentor', 'olga');
select public.requeue_hlf_sync(tests.id('mentor', 'olga'));
select tests.sync_once('olga', 204);
select is((select is_doubtful from sync where display_name = 'olga'), false, 'what may arrive of another casts no doubt');
update public.hlf_sync_state set remove_unsettled_until = clock_timestamp() + interval '9 minutes' where mentor_id = tests.id('mentor', 'olga');
select public.requeue_hlf_sync(tests.id('mentor', 'olga'));
select tests.sync_once('olga', 204);
select results_eq('select display_name from sync where is_doubtful', array['olga'], 'what may arrive of the same does, and only on that');
select public.requeue_hlf_sync(tests.id('mentor', 'olga'));
update public.hlf_sync_state set is_doubtful = true where mentor_id = tests.id('mentor', 'olga');
select public.claim_hlf_sync('w', 10, '1 minute');
select is((select is_doubtful from sync where display_name = 'olga'), false, 'until it is sent once more');
select tests.set_status('olga', 'paused');
select pg_temp.report(tests.sync_result('olga', 204));
select results_eq(
    $$ select is_doubtful, next_attempt_at <= clock_timestamp() from sync where display_name = 'olga' $$, $$ values (false, true) $$,
    'what is wanted by now is sent at once'
);
select tests.set_status('olga', 'active');

-- What came of it, in the words of the worker.
create function pg_temp.outcome(mentor text, code int, newer boolean, attempts int default 0) returns text language plpgsql as $$
begin
    perform tests.set_status(outcome.mentor, 'paused');
    perform tests.set_status(outcome.mentor, 'active');
    update public.hlf_sync_state as sync
    set attempts = outcome.attempts, next_attempt_at = now(), lease_expires_at = null, leased_by = null, state = 'pending'
    where sync.mentor_id = tests.id('mentor', outcome.mentor);
    perform public.claim_hlf_sync('w', 1000, '1 minute');
    if outcome.newer then
        perform tests.set_status(outcome.mentor, 'paused');
    end if;
    return (select report.answer from pg_temp.report(tests.sync_result(outcome.mentor, outcome.code)) as report);
end
$$;
select is(pg_temp.outcome('berit', code, newer, attempts), 'berit true ' || answer, format('%s%s after %s', code, case when newer then ' of an older version' else '' end, attempts))
from (
    values
    (404, false, 0, 'dead_lettered dead_letter'), (404, true, 0, 'pending retry'), (503, false, 0, 'pending retry'),
    (503, false, 7, 'dead_lettered dead_letter'), (503, true, 7, 'pending retry')
) as given (code, newer, attempts, answer);
select results_eq(
    $$ select retry_count, outcome from public.hlf_sync_audit_log where mentor_id = tests.id('mentor', 'berit') order by created_at desc, id limit 1 $$,
    $$ values (7, 'failure') $$, 'its attempts are counted while it is under way, whatever is wanted meanwhile'
);

-- A lost worker: by the limit of the organisation, not of another; and one from before it was recorded what it was doing.
select pg_temp.outcome('lise', 503, false);
update public.hlf_sync_state set next_attempt_at = now() where mentor_id = tests.id('mentor', 'lise');
select public.claim_hlf_sync('mortal', 1000, '1 minute');
update public.hlf_sync_state
set claimed_version = null, claimed_operation = null, claimed_event = null, restore_unsettled_until = null, remove_unsettled_until = null
where mentor_id = tests.id('mentor', 'lise');
select pg_temp.expire();
select public.claim_hlf_sync('w', 1000, '1 minute');
select results_eq(
    $$
    select operation, outcome, triggered_by_event, retry_count from public.hlf_sync_audit_log
    where mentor_id = tests.id('mentor', 'lise') order by created_at desc limit 1
    $$,
    $$ values ('restore', 'failure', 'status_change:active', 1) $$, 'what it was to do is what is wanted'
);
select is(
    (select restore_unsettled_until > clock_timestamp() + interval '9 minutes' from sync where display_name = 'lise'), true, 'which may still arrive'
);
select is((select remove_unsettled_until from sync where display_name = 'lise'), null, 'and not the opposite');
select * from finish();
rollback;
