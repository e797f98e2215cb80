begin;
create temporary table expected (response_code int, error_kind text, outcome text, last_error text);
insert into expected values
(200, null, 'success', null),
(204, null, 'success', null),
(null, null, 'success', null),
(408, null, 'retry', 'The receiver refused the message. (HTTP 408)'),
(429, null, 'retry', 'The receiver asked to send less. (HTTP 429)'),
(500, null, 'retry', 'The receiver had an error of its own. (HTTP 500)'),
(503, null, 'retry', 'The receiver had an error of its own. (HTTP 503)'),
(302, null, 'retry', 'The receiver refused the message. (HTTP 302)'),
(null, 'timeout', 'retry', 'The receiver did not answer in time.'),
(null, 'connection', 'retry', 'The receiver could not be reached.'),
(200, 'bad_response', 'retry', 'The receiver''s answer made no sense. (HTTP 200)'),
(400, null, 'dead_letter', 'The receiver refused the message. (HTTP 400)'),
(403, null, 'dead_letter', 'The receiver refused the message. (HTTP 403)'),
(404, null, 'dead_letter', 'The receiver refused the message. (HTTP 404)'),
(405, null, 'dead_letter', 'The receiver refused the message. (HTTP 405)'),
(412, null, 'dead_letter', 'The receiver refused the message. (HTTP 412)'),
(422, null, 'dead_letter', 'The receiver refused the message. (HTTP 422)'),
(410, null, 'retry', 'The receiver refused the message. (HTTP 410)'),
(404, 'timeout', 'retry', 'The receiver did not answer in time. (HTTP 404)'),
(404, 'unregistered', 'dead_letter', 'The device is no longer registered; it was removed. (HTTP 404)'),
(null, 'no_address', 'dead_letter', 'The recipient has registered no device.'),
(null, 'no_text', 'dead_letter', 'The text could not be made from its template.'),
(401, null, 'pause', 'The receiver refused our credentials. (HTTP 401)'),
(null, 'token_refused', 'pause', 'The receiver refused our credentials.'),
(null, 'not_sent', 'give_back', null);

select plan(10 + 2 * (select count(*)::int from expected));
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.notifications (id, organisation_id, recipient_mentor_id, kind, dedupe_key, next_attempt_at, created_at)
select
    tests.id('message', (expected.*)::text), tests.id('organisation', 'north'), tests.id('mentor', 'olga'),
    'badge_awarded', (expected.*)::text, '2026-01-15 12:00+01', '2026-01-15 12:00+01'
from expected;
create temporary table claimed as
select * from public.claim_notifications('w', 50, '1 minute', '2026-01-15 12:00+01');
create temporary table answered as
select *
from public.complete_notifications(
    (
        select jsonb_agg(
            jsonb_build_object(
                'id', tests.id('message', (expected.*)::text), 'worker', 'w',
                'response_code', response_code, 'error_kind', error_kind
            )
        )
        from expected
    ), '2026-01-15 12:01+01'
);
select is(
    (select outcome from answered where id = tests.id('message', (expected.*)::text)), outcome,
    format('%s %s: %s', response_code, error_kind, outcome)
)
from expected;
select is(
    (
        select
            format(
                '%s %s %s %s', state, attempts, last_error,
                case when state = 'pending' then next_attempt_at > '2026-01-15 12:01+01' end
            )
        from public.notifications where id = tests.id('message', (expected.*)::text)
    ),
    case outcome
        when 'success' then 'sent 1  '
        when 'retry' then 'pending 1 ' || last_error || ' t'
        when 'dead_letter' then 'dead_lettered 1 ' || last_error || ' '
        when 'pause' then 'pending 0 ' || last_error || ' t'
        when 'give_back' then 'pending 0  f'
    end,
    format('%s %s is written down', response_code, error_kind)
)
from expected;

select results_eq(
    'select kind, severity, (details ->> ''count'')::int from public.ops_alerts order by kind',
    $$
    values
    ('notification_credentials', 'critical', null::int), ('notification_dead_letter', 'warning', 7),
    ('notification_unreachable', 'info', 2)
    $$,
    'one alert for each trouble, and somebody without a device is not an emergency'
);
select is(
    (select count(*) from public.notifications where state = 'sent' and sent_at = '2026-01-15 12:01+01'), 3::bigint,
    'what is sent says when'
);
-- One message through all of its attempts.
create function pg_temp.attempt(code int, retry_after text default null) returns interval
language plpgsql
as $$
declare
    v_at timestamptz := '2026-01-15 12:00+01';
    v_next timestamptz;
begin
    update public.notifications set state = 'pending', leased_by = null, lease_expires_at = null,
        next_attempt_at = case when id = tests.id('message', 'long') then v_at else 'infinity' end;
    perform public.claim_notifications('w', 1, '1 minute', v_at);
    perform public.complete_notifications(
        jsonb_build_array(
            jsonb_build_object(
                'id', tests.id('message', 'long'), 'worker', 'w', 'response_code', attempt.code,
                'retry_after', attempt.retry_after
            )
        ), v_at
    );
    select next_attempt_at into v_next from public.notifications where id = tests.id('message', 'long');
    return v_next - v_at;
end
$$;
insert into public.notifications (id, organisation_id, recipient_mentor_id, kind, dedupe_key)
select tests.id('message', 'long'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'badge_awarded', 'long';
select cmp_ok(pg_temp.attempt(503), '<=', interval '30 seconds', 'the first delay is short');
select is(pg_temp.attempt(429, '7200'), interval '2 hours', 'never before Retry-After, in seconds');
select is(
    pg_temp.attempt(503, 'Thu, 15 Jan 2026 14:00:00 GMT'), interval '3 hours', 'never before Retry-After, as a date'
);
select cmp_ok(pg_temp.attempt(503, '1'), '>=', interval '3 minutes', 'a short Retry-After does not shorten the delay');
select pg_temp.attempt(503) from generate_series(1, 3);
select is(
    (select state || ' ' || attempts from public.notifications where id = tests.id('message', 'long')), 'pending 7', 'seven failures'
);
select pg_temp.attempt(503);
select is(
    (select state || ' ' || attempts from public.notifications where id = tests.id('message', 'long')), 'dead_lettered 8',
    'the eighth is the last'
);
update public.notifications set state = 'sent' where id <> tests.id('message', 'long');
select is(public.requeue_notifications(tests.id('organisation', 'north')), 1, 'until somebody requeues it');
select is(
    (select state || ' ' || attempts from public.notifications where id = tests.id('message', 'long')), 'pending 0',
    'with all its attempts before it'
);
select * from finish();
rollback;
