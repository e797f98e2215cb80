begin;
select plan(29);
select tests.make_two_organisations();
select tests.make_organisation('west');
insert into public.peer_mentors (id, organisation_id, display_name) values (tests.id('mentor', 'wenche'), tests.id('organisation', 'west'), 'wenche');
select tests.make_certificate(name, expires_on)
from (values ('olga', date '2026-02-28'), ('berit', '2026-03-05'), ('sara', '2026-02-28'), ('wenche', '2026-03-05')) as given (name, expires_on);
insert into public.organisation_settings (organisation_id, reminder_thresholds_days) values (tests.id('organisation', 'west'), '{60}');
select public.run_certification_expiry('2026-03-01', tests.id('run', '1'));
select is(
    (select threshold_day from public.cert_expiry_reminders where mentor_id = tests.id('mentor', 'berit')), 7, 'by the thresholds of their organisation'
);
select public.run_certification_expiry('2026-03-01', tests.id('run', '2'));
select public.run_certification_expiry('2026-03-02', tests.id('run', '3'));
update public.certification_expiry_runs
set started_at = '2026-03-01 00:00Z'::timestamptz + make_interval(days => right(note_of.name, 1)::int)
from (values ('1'), ('2'), ('3')) as note_of (name)
where run_id = tests.id('run', note_of.name);
create function pg_temp.runs(role text, name text, arguments text default '') returns text language plpgsql as $$
declare
    v_found text;
begin
    perform tests.acts_as(runs.role, tests.id('user', runs.name));
    execute format(
        'select string_agg(concat_ws(''/'', (array[''1'', ''2'', ''3''])[array_position(%L::uuid[], run.run_id)], '
        'run.total_transitioned, run.total_reminders_sent, run.total_failures, run.total_count), '' '' order by run.nth) '
        'from (select found.*, row_number() over () as nth from public.get_certification_runs(%s) as found) as run',
        array[tests.id('run', '1'), tests.id('run', '2'), tests.id('run', '3')], runs.arguments
    ) into v_found;
    reset role;
    return coalesce(v_found, 'none');
end
$$;
select is(pg_temp.runs(role_name, user_name, arguments), seen, format('%s %s: %s', role_name, user_name, arguments))
from (
    values
    -- run/transitioned/reminders/failures/how many runs
    ('service_role', null, '', '3/0/0/1/3 2/0/0/1/3 1/2/1/1/3'),
    ('authenticated', 'nina', '', '3/0/0/0/3 2/0/0/0/3 1/1/1/0/3'),
    ('authenticated', 'oskar', '', '3/0/0/0/3 2/0/0/0/3 1/1/1/0/3'),
    ('authenticated', 'sven', '', '3/0/0/0/3 2/0/0/0/3 1/1/0/0/3'),
    ('authenticated', 'olga', '', 'none'),
    ('service_role', null, '''2026-03-03 00:00Z''', '3/0/0/1/2 2/0/0/1/2'),
    ('service_role', null, '''2026-03-03 00:00:00.000001Z''', '3/0/0/1/1'),
    ('service_role', null, 'null, 1, 1', '2/0/0/1/3'),
    ('service_role', null, 'page_limit => 0', 'none')
) as reader (role_name, user_name, arguments, seen);
select throws_ok(format('select public.get_certification_runs(%s)', page), '22023', null, 'not a page: ' || page)
from unnest(array['null, 1001', 'null, 10, -1']) as page;
select throws_ok(format('select public.simulate_certification_expiry(''2026-03-01'', %s)', page), '22023', null, 'not a page of a simulation: ' || page)
from unnest(array['1001', '10, -1']) as page;
select results_eq(
    $$ select mentor_id, total_count from public.simulate_certification_expiry('2027-03-01', 1, 0) $$,
    $$ select mentor_id, 2::bigint from public.simulate_certification_expiry('2027-03-01') limit 1 $$, 'a simulation has pages'
);
select results_eq(
    $$ select mentor_id from public.simulate_certification_expiry('2027-03-01', 5, 1) $$,
    $$ select mentor_id from public.simulate_certification_expiry('2027-03-01') offset 1 $$, 'and a second one'
);

select results_eq(
    $$ select mentor_id from public.simulate_certification_expiry('2026-03-04') $$,
    $$
    select mentor_id from public.simulate_certification_expiry('2026-03-04')
    order by organisation_id, event_type, expires_on, mentor_id
    $$, 'always in one order'
);

-- A summary is of that run.
create function pg_temp.summary(run text) returns jsonb language sql as $$ select public.get_run_summary(tests.id('run', summary.run)) $$;
select is(
    pg_temp.summary('2') - 'entries' - 'started_at' - 'finished_at',
    jsonb_build_object(
        'run_id', tests.id('run', '2'), 'as_of', '2026-03-01', 'status', 'succeeded', 'total_transitioned', 0, 'total_reminders_sent', 0,
        'total_failures', 1, 'note', null, 'entry_count', 1
    ), 'figures of one run, of everybody for the service role'
);
select is(
    (select row(started_at, finished_at)::text from public.certification_expiry_runs where run_id = tests.id('run', '2')),
    (select row((summary ->> 'started_at')::timestamptz, (summary ->> 'finished_at')::timestamptz)::text from pg_temp.summary('2') as summary), 'from when to when'
);
-- One whose entries could not be written has its totals: each coordinator their own.
create function pg_temp.totals(role text, name text, run text) returns text language plpgsql as $$
declare
    v_totals text;
begin
    perform tests.acts_as(totals.role, tests.id('user', totals.name));
    select concat_ws('/', summary ->> 'total_transitioned', summary ->> 'total_reminders_sent', summary ->> 'total_failures', summary ->> 'entry_count')
    into v_totals
    from public.get_run_summary(tests.id('run', totals.run)) as summary;
    reset role;
    return v_totals;
end
$$;
insert into public.certification_expiry_runs (run_id, as_of, status, started_at, finished_at, total_transitioned, total_reminders_sent, total_failures)
values (tests.id('run', 'unwritten'), '2026-03-03', 'succeeded', '2026-02-01', '2026-02-01', 19, 18, 17);
insert into private.certification_run_totals (run_id, organisation_id, transitioned, reminders_sent, failures)
values
(tests.id('run', 'unwritten'), tests.id('organisation', 'north'), 4, 3, 2), (tests.id('run', 'unwritten'), tests.id('organisation', 'west'), 5, 5, 5);
select is(pg_temp.totals(role_name, user_name, 'unwritten'), totals, coalesce(user_name, role_name) || ' has ' || totals)
from (
    values ('service_role', null, '19/18/17/0'), ('authenticated', 'nina', '4/3/2/0'), ('authenticated', 'sven', '0/0/0/0')
) as reader (role_name, user_name, totals);
insert into public.certification_expiry_audit_log (run_id, mentor_id, event_type, organisation_id)
select tests.id('run', '3'), tests.id('mentor', 'olga'), event_type, tests.id('organisation', 'north')
from unnest(array['transition_failed', 'reminder_failed', 'reminder_dispatched', 'status_transitioned', 'status_transitioned']) as event_type;
select is(pg_temp.totals('authenticated', 'nina', '3'), '2/1/2/5', 'each event is counted as what it was');

-- What a message and an alert say.
select is(
    (
        select payload from public.notifications
        where kind = 'certification_reminder' and recipient_mentor_id = tests.id('mentor', 'berit')
    ),
    (
        select jsonb_build_object('mentor_id', mentor_id, 'certification_id', id, 'expires_on', '2026-03-05')
        from public.certifications where mentor_id = tests.id('mentor', 'berit')
    ), 'a reminder says of which certificate, and until when'
);
select results_eq(
    $$ select organisation_id, details from public.ops_alerts where kind = 'certification_failures' $$,
    $$ values (tests.id('organisation', 'west'), jsonb_build_object('run_id', tests.id('run', '1'), 'failures', 1)) $$,
    'whose mentors could not be handled, and in which run'
);
update public.ops_alerts set acknowledged_at = now() where acknowledged_at is null;
update public.peer_mentors set email = 'w@example.no' where id = tests.id('mentor', 'wenche');
select public.run_certification_expiry('2026-03-02', tests.id('run', '4'));
select is_empty($$ select from public.ops_alerts where acknowledged_at is null $$, 'what failed in an earlier run is not told again');

-- Who has nothing to do with a run is not locked by it.
select tests.make_mentor('free', 'north');
select tests.make_mentor('due', 'north');
select tests.make_certificate('due', '2026-03-20');
select public.run_certification_expiry('2026-03-02');
select results_eq(
    $$ select display_name, xmax::text <> '0' from public.peer_mentors where display_name in ('free', 'due') order by 1 $$,
    $$ values ('due', true), ('free', false) $$, 'a run locks whom it is about'
);
-- A run that is not named is one of its own.
select isnt((select run_id from public.begin_certification_run('2026-03-02', null)), null, 'null is no name');
select is(tests.outcome('service_role', null, 'select public.begin_certification_run(''2026-03-02'', null)'), '1', 'and another one is begun after it');
select * from finish();
rollback;
