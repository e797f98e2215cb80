begin;
select plan(34);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_listed_mentor('olga', 'north');
select tests.make_listed_mentor('sara', 'south');

select is(tests.sync_once('olga', 401), 'pending', 'refused: to be tried again');
select results_eq(
    $$ select outcome, dynamics_response_code, retry_count, error_message from public.hlf_sync_audit_log $$,
    $$ values ('failure', 401, 0, 'Dynamics refused the credentials. (HTTP 401)') $$, 'it is on record'
);
select results_eq(
    'select reason, count(*) from public.hlf_sync_pauses group by reason',
    $$ values ('credentials_refused', 2::bigint) $$, 'everything stands still'
);
select is((select count(*) from public.ops_alerts where kind = 'auth_failure' and severity = 'critical'), 1::bigint, 'an alert at once');
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null;
select is_empty($$ select from public.claim_hlf_sync('w', 10, '1 minute') $$, 'nothing is claimed');
select tests.set_status('sara', 'expired_cert');
select is_empty($$ select from public.claim_hlf_sync('w', 10, '1 minute') $$, 'not even a new removal');
select is(public.resume_hlf_sync(), 0, 'an operator''s word does not make credentials good');

select is(public.record_credential_check(false, 'token_refused'), 0, 'a bad check changes nothing more');
select is((select count(*) from public.ops_alerts), 1::bigint, 'and is the same alert');
select is(public.record_credential_check(true), 2, 'a good one resumes both');
select is_empty('select from public.hlf_sync_pauses', 'nothing is paused');
select is_empty('select from public.ops_alerts where acknowledged_at is null', 'and the alert is closed');
select is((select count(*) from public.claim_hlf_sync('w', 10, '1 minute')), 2::bigint, 'work goes on at once');
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now();

select tests.sync_once('olga', 401) from generate_series(1, 9);
select results_eq(
    $$ select state, attempts from public.hlf_sync_state where mentor_id = tests.id('mentor', 'olga') $$,
    $$ values ('pending', 0) $$, 'however often, it never is a dead letter'
);
select is((select count(*) from public.ops_alerts where acknowledged_at is null), 1::bigint, 'a new outage is a new alert');

-- Organisations with credentials of their own.
select public.record_credential_check(true);
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null;
select is(public.record_credential_check(false, 'token_refused', array[tests.id('organisation', 'north')]), 1, 'only the one');
select results_eq(
    $$ select mentor_id from public.claim_hlf_sync('w', 10, '1 minute') $$, array[tests.id('mentor', 'sara')],
    'the other is not stopped'
);
select is(public.record_credential_check(true, null, array[tests.id('organisation', 'south')]), 0, 'its good check is not the first''s');
select is((select count(*) from public.ops_alerts where acknowledged_at is null), 1::bigint, 'the alert stays open as long');
select is(public.record_credential_check(true, null, array[tests.id('organisation', 'north')]), 1, 'that one is');
select public.complete_hlf_sync(jsonb_build_array(
    tests.sync_result('sara', 401) || jsonb_build_object('credential_organisations', array[tests.id('organisation', 'south')])
));
select results_eq(
    'select organisation_id from public.hlf_sync_pauses', array[tests.id('organisation', 'south')], 'a 401 too stops who shares them'
);
select public.record_credential_check(true);

-- Credentials for this once, which nobody else uses.
select public.claim_hlf_sync('w', 10, '1 minute', true);
select results_eq(
    $$ select state, next_attempt_at > clock_timestamp() + interval '20 seconds' from public.complete_hlf_sync(jsonb_build_array(
        tests.sync_result('olga', 401) || '{"credential_organisations": []}'
    )) $$,
    $$ values ('pending', true) $$, 'nothing stops, so it waits'
);
select is_empty('select from public.hlf_sync_pauses', 'nothing is paused by a wrong key for once');
select is((select count(*) from public.hlf_sync_audit_log where dynamics_response_code = 401), 12::bigint, 'every attempt is on record');

-- Nobody answered: that says nothing of the credentials.
select is(public.record_credential_check(false, 'timeout'), 0, 'no answer pauses nothing');
select is_empty('select from public.hlf_sync_pauses', 'nothing is paused');
select is(
    (select count(*) from public.ops_alerts where kind = 'credential_check_failed' and acknowledged_at is null), 1::bigint,
    'but an operator hears of it'
);

-- Each organisation with credentials of its own is news of its own.
select public.record_credential_check(true);
create temporary view open_alerts as
select organisation_id, severity, dedupe_key from public.ops_alerts where kind = 'auth_failure' and acknowledged_at is null;
select is_empty('select from open_alerts', 'all is well again');
select public.record_credential_check(false, 'token_refused', array[tests.id('organisation', name)])
from unnest(array['north', 'south', 'south']) as name;
select bag_eq(
    'select * from open_alerts',
    $$ select tests.id('organisation', name), 'critical'::text as severity, 'auth_failure:website_sync:' || tests.id('organisation', name)
    from unnest(array['north', 'south']) as name $$, 'one alert for each that stands still'
);
select public.record_credential_check(true, null, array[tests.id('organisation', 'north')]);
select results_eq(
    'select organisation_id from open_alerts', array[tests.id('organisation', 'south')], 'a good check closes the one it resumes'
);
select public.record_credential_check(true);
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now();
select public.claim_hlf_sync('w', 10, '1 minute', true);
select bag_eq(
    $$ select accepted, state from public.complete_hlf_sync(jsonb_build_array(
        tests.sync_result('sara', 401) || jsonb_build_object('credential_organisations', array[gen_random_uuid()]),
        tests.sync_result('olga', 204)
    )) $$,
    $$ values (true, 'pending'), (true, 'synced') $$, 'an organisation that does not exist costs no result'
);
select is_empty('select from public.hlf_sync_pauses', 'it stops nobody');
select is(
    public.record_credential_check(false, 'token_refused', array[gen_random_uuid(), tests.id('organisation', 'south')]), 1,
    'nor does it save who is named beside it'
);
select results_eq('select organisation_id from open_alerts', array[tests.id('organisation', 'south')], 'who is told of');
select finish();
rollback;
