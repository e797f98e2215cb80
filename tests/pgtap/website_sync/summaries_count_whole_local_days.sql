begin;
select plan(31);
select tests.make_two_organisations();
update public.organisations set time_zone = 'Pacific/Auckland' where slug = 'south';
create function pg_temp.attempt(organisation text, mentor text, outcome text, created_at timestamptz) returns void
language sql as $$
    insert into public.hlf_sync_audit_log (organisation_id, mentor_id, operation, outcome, triggered_by_event, created_at)
    values (tests.id('organisation', organisation), tests.id('mentor', mentor), 'remove', outcome, 'status_change:paused', created_at)
$$;
-- The clocks go forward on 29 March 2026 in Oslo (23 hours) and back on 25 October (25 hours).
select pg_temp.attempt('north', 'olga', 'failure', at::timestamptz)
from unnest(array[
    '2026-03-29 00:00:00+01', '2026-03-29 23:59:59.999+02', '2026-03-30 00:00:00+02', '2026-03-28 23:59:59.999+01'
]) as at;
select pg_temp.attempt('north', 'berit', 'success', at::timestamptz)
from unnest(array[
    '2026-10-25 00:00:00+02', '2026-10-25 02:30:00+02', '2026-10-25 02:30:00+01', '2026-10-25 23:59:59+01', '2026-10-26 00:00:00+01'
]) as at;
select pg_temp.attempt('south', 'sara', 'success', '2026-06-01 12:30:00+00');

create function pg_temp.summary(organisation text, from_date date, to_date date) returns text
language sql as $$
    select string_agg(outcome || ' ' || attempts || '/' || mentors, ', ')
    from public.get_hlf_sync_audit_summary(tests.id('organisation', organisation), from_date, to_date)
$$;
select is(pg_temp.summary(asked.organisation, asked.from_date, asked.to_date), asked.found, asked.what)
from (
    values
    ('north', date '2026-03-29', date '2026-03-29', 'success 0/0, failure 2/1, dead_lettered 0/0', 'a day of 23 hours'),
    ('north', '2026-10-25', '2026-10-25', 'success 4/1, failure 0/0, dead_lettered 0/0', 'a day of 25 hours'),
    ('north', '2026-03-28', '2026-10-26', 'success 5/1, failure 4/1, dead_lettered 0/0', 'both ends count'),
    ('north', '2025-01-01', '2025-12-31', 'success 0/0, failure 0/0, dead_lettered 0/0', 'a year without any'),
    ('south', '2026-06-02', '2026-06-02', 'success 1/1, failure 0/0, dead_lettered 0/0', 'half past noon UTC is tomorrow in Auckland'),
    ('south', '2026-06-01', '2026-06-01', 'success 0/0, failure 0/0, dead_lettered 0/0', 'and not today')
) as asked (organisation, from_date, to_date, found, what);
select results_eq(
    $$ select first_at, last_at from public.get_hlf_sync_audit_summary(tests.id('organisation', 'north'), '2026-10-25', '2026-10-25') $$,
    $$ values (timestamptz '2026-10-25 00:00:00+02', timestamptz '2026-10-25 23:59:59+01'), (null, null), (null, null) $$,
    'the first and the last'
);

select throws_ok(format(call, 'get_hlf_sync_audit_summary'), '22023', null, call)
from (
    values
    ('select public.%s(tests.id(''organisation'', ''north''), ''2026-01-02'', ''2026-01-01'')'),
    ('select public.%s(tests.id(''organisation'', ''north''), null, ''2026-01-01'')'),
    ('select public.%s(tests.id(''organisation'', ''north''), ''2026-01-01'', null)')
) as bad (call);
select throws_ok(
    $$ select public.get_hlf_removal_times(tests.id('organisation', 'north'), '2026-01-02', '2026-01-01') $$, '22023', null,
    'the removal times too'
);

-- As far as the calendar goes, and further.
select lives_ok(
    format('select public.%s(tests.id(''organisation'', ''south''), ''0001-01-01'', ''9999-12-31'')', call), call || ': all that there is'
)
from unnest(array['get_hlf_sync_audit_summary', 'get_hlf_removal_times']) as call;
select throws_ok(
    format('select public.%s(tests.id(''organisation'', ''south''), %L, %L)', call, days.from_date, days.to_date), '22023',
    format('from_date and to_date must be from the year 1 to 9999, not %s and %s.', days.from_date, days.to_date), call || ' ' || days.what
)
from unnest(array['get_hlf_sync_audit_summary', 'get_hlf_removal_times']) as call
cross join (
    values
    (date '2026-01-01', date '5874897-12-31', 'the last day of all'),
    ('4713-01-01 BC', '2026-01-01', 'the first'),
    ('2026-01-01', 'infinity', 'for ever')
) as days (from_date, to_date, what);

select is(
    tests.outcome(
        actor.role_name, tests.id('user', actor.user_name),
        format('select public.%s(%L, ''2026-01-01'', ''2026-12-31'')', call.name, tests.id('organisation', actor.organisation))
    ),
    case when call.name = 'get_hlf_removal_times' and actor.outcome = '3' then '1' else actor.outcome end,
    format('%s: %s of %s', call.name, actor.user_name, actor.organisation)
)
from (
    values
    ('authenticated', 'oskar', 'north', '3'),
    ('authenticated', 'sven', 'north', '0'),
    ('authenticated', 'olga', 'north', '0'),
    ('authenticated', 'nina', 'nowhere', '0'),
    ('anon', null, 'north', '42501'),
    ('service_role', null, 'north', '3')
) as actor (role_name, user_name, organisation, outcome)
cross join (values ('get_hlf_sync_audit_summary'), ('get_hlf_removal_times')) as call (name);
select finish();
rollback;
