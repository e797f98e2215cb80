begin;
select plan(19);
select tests.make_organisation('north');
select tests.make_listed_mentor('olga', 'north');
select public.claim_hlf_sync('w', 1, '1 minute');
create temporary table good as select tests.sync_result('olga', 204) as result;
select throws_ok(
    format('select public.complete_hlf_sync(%L)', (select jsonb_build_array(result, result || bad.change) from good)), '22023',
    bad.message, bad.message
)
from (
    values
    ('{"mentor_id": 1}'::jsonb, 'results[1].mentor_id must be a uuid.'),
    ('{"mentor_id": null}', 'results[1].mentor_id must be a uuid.'),
    ('{"desired_version": "1"}', 'results[1].desired_version must be a whole number, as it was claimed.'),
    ('{"desired_version": 1.5}', 'results[1].desired_version must be a whole number, as it was claimed.'),
    ('{"desired_version": 99999999999999999999}', 'results[1].desired_version must be a whole number, as it was claimed.'),
    ('{"worker": null}', 'results[1].worker must be the name of the worker that claimed it.'),
    ('{"worker": " "}', 'results[1].worker must be the name of the worker that claimed it.'),
    ('{"dynamics_response_code": "204"}', 'results[1].dynamics_response_code must be null or an HTTP status.'),
    ('{"dynamics_response_code": 999}', 'results[1].dynamics_response_code must be null or an HTTP status.'),
    ('{"retry_after": []}', 'results[1].retry_after must be null, a text or a number.'),
    ('{"credential_organisations": ["x"]}', 'results[1].credential_organisations must be null or an array of uuids.'),
    ('{"credential_organisations": "x"}', 'results[1].credential_organisations must be null or an array of uuids.')
) as bad (change, message);
select throws_ok(
    format('select public.complete_hlf_sync(%L)', (select jsonb_build_array(result || bad.change) from good)), '22023', null, bad.change::text
)
from (
    values
    ('{"error_kind": "broken"}'::jsonb),
    ('{"dynamics_response_code": null}')
) as bad (change);
select throws_ok($$ select public.complete_hlf_sync('[7]') $$, '22023', 'results[0] must be an object.', 'not an object');
select throws_ok($$ select public.complete_hlf_sync('{}') $$, '22023', 'results must be an array of objects.', 'not an array');
select is_empty($$ select from public.complete_hlf_sync('[]') $$, 'none is none');
select results_eq(
    format('select accepted, state, reason from public.complete_hlf_sync(%L)', (
        select jsonb_build_array(result || jsonb_build_object('mentor_id', gen_random_uuid()), result) from good
    )),
    $$ values (false, null::text, 'unknown_mentor'), (true, 'synced', null::text) $$, 'an unknown mentor is refused, and stops no other'
);
select is((select count(*) from public.hlf_sync_audit_log), 1::bigint, 'nothing of all that is on record');
select finish();
rollback;
