begin;
select plan(35);
select tests.make_organisation('north');
create temporary table answers (code int, kind text, state text, outcome text, retry_count int, attempts int, pauses int);
insert into answers values
(204, null, 'synced', 'success', 0, 0, 0),
(204, 'bad_response', 'pending', 'failure', 0, 1, 0),
(200, null, 'pending', 'failure', 0, 1, 0),
(200, 'bad_response', 'pending', 'failure', 0, 1, 0),
(302, null, 'pending', 'failure', 0, 1, 0),
(400, null, 'dead_lettered', 'dead_lettered', 1, 1, 0),
(401, null, 'pending', 'failure', 0, 0, 1),
(403, null, 'dead_lettered', 'dead_lettered', 1, 1, 0),
(404, null, 'dead_lettered', 'dead_lettered', 1, 1, 0),
(405, null, 'dead_lettered', 'dead_lettered', 1, 1, 0),
(408, null, 'pending', 'failure', 0, 1, 0),
(409, null, 'pending', 'failure', 0, 1, 0),
(412, null, 'dead_lettered', 'dead_lettered', 1, 1, 0),
(422, null, 'dead_lettered', 'dead_lettered', 1, 1, 0),
(429, null, 'pending', 'failure', 0, 1, 0),
(500, null, 'pending', 'failure', 0, 1, 0),
(503, 'bad_response', 'pending', 'failure', 0, 1, 0),
(599, null, 'pending', 'failure', 0, 1, 0),
(null, 'timeout', 'pending', 'failure', 0, 1, 0),
(null, 'connection', 'pending', 'failure', 0, 1, 0),
(null, 'bad_response', 'pending', 'failure', 0, 1, 0),
(null, 'token_unavailable', 'pending', 'failure', 0, 1, 0),
(503, 'token_unavailable', 'pending', 'failure', 0, 1, 0),
(null, 'token_refused', 'pending', 'failure', 0, 0, 1),
(400, 'token_refused', 'pending', 'failure', 0, 0, 1),
(null, 'not_sent', 'pending', null, null, 0, 0);

create function pg_temp.answered(answer answers) returns answers
language plpgsql
as $$
declare
    v_name text := concat_ws(' ', 'mentor', (answer).code, (answer).kind);
    v_found answers := answer;
begin
    perform tests.make_listed_mentor(v_name, 'north');
    v_found.state := tests.sync_once(v_name, answer.code, answer.kind);
    v_found.pauses := (select count(*) from public.hlf_sync_pauses);
    perform public.record_credential_check(true);
    v_found.attempts := (select attempts from public.hlf_sync_state where mentor_id = tests.id('mentor', v_name));
    v_found.outcome := null;
    v_found.retry_count := null;
    select entry.outcome, entry.retry_count
    into v_found.outcome, v_found.retry_count
    from public.hlf_sync_audit_log as entry
    where entry.mentor_id = tests.id('mentor', v_name) and entry.dynamics_response_code is not distinct from answer.code;
    return v_found;
end
$$;
select is(pg_temp.answered(answers), answers, concat_ws(' ', 'answer', code, kind)) from answers;

select is((select count(*) from public.hlf_sync_audit_log), 25::bigint, 'one entry an attempt; what was not sent is none');
select is_empty(
    $$ select from public.hlf_sync_audit_log where (error_message is null) <> (outcome = 'success') $$, 'a failure says why'
);
select is(
    (select error_message from public.hlf_sync_audit_log where dynamics_response_code = 404),
    'Dynamics has no such contact. (HTTP 404)', 'in words of the catalogue'
);
select is_empty(
    $$ select from public.hlf_sync_audit_log where error_message like '%could not be read.' and dynamics_response_code is not null $$,
    'each status has words'
);
select is(
    (select error_message from public.hlf_sync_audit_log where dynamics_response_code is null and error_message like '%read%'),
    'The answer could not be read.', 'and so has garbage'
);
select is(
    (select state || applied_version || confirmed_operation || coalesce(leased_by, ' free') from public.hlf_sync_state
    where mentor_id = tests.id('mentor', 'mentor 204')),
    'synced1restore free', 'success is remembered, and the lease given up'
);
select is((select count(*) from public.ops_alerts where kind = 'dead_letters'), 1::bigint, 'one alert for all dead letters');
select is((select count(*) from public.ops_alerts where kind = 'auth_failure'), 3::bigint, 'one for each time the credentials were refused');
select is((select count(*) from public.ops_alerts), 4::bigint, 'and no other');
select finish();
rollback;
