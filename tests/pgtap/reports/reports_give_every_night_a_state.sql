begin;
select plan(8);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
update public.organisations set created_at = '2026-03-02 12:00+01';
create function pg_temp.run(name text, started_at timestamptz, status text, as_of date default null) returns void
language sql as $$
    insert into public.certification_expiry_runs (run_id, as_of, is_local_today, started_at, status, finished_at)
    values (
        tests.id('run', run.name), coalesce(run.as_of, (run.started_at at time zone 'Europe/Oslo')::date), run.as_of is null,
        run.started_at, run.status, case when run.status = 'succeeded' then run.started_at end
    )
$$;
create function pg_temp.nights(from_date date, to_date date) returns text
language sql as $$
    select string_agg(format('%s %s', to_char(night.night_on, 'MM-DD'), night.state), ', ' order by night.night_on)
    from private.report_nights(tests.id('organisation', 'north'), from_date, to_date, 'Europe/Oslo') as night
$$;
select is(pg_temp.nights('2026-03-03', '2026-03-03'), '03-03 not_expected', 'before there is any run');
savepoint asked_for_only;
select pg_temp.run('0', '2026-03-06 02:00+01', 'succeeded', '2026-03-04');
select is(
    pg_temp.nights('2026-03-03', '2026-03-07'),
    '03-03 not_expected, 03-04 made_up, 03-05 not_expected, 03-06 not_expected, 03-07 not_expected',
    'a date that somebody asked for makes no night expected'
);
rollback to savepoint asked_for_only;

select pg_temp.run('1', '2026-03-01 02:00+01', 'succeeded');
select pg_temp.run('2', '2026-03-02 02:00+01', 'succeeded');
-- Half past midnight in Oslo is yesterday in UTC.
select pg_temp.run('3', '2026-03-03 00:30+01', 'succeeded');
select pg_temp.run('5', '2026-03-05 02:00+01', 'crashed');
select pg_temp.run('6', '2026-03-06 02:00+01', 'succeeded');
select pg_temp.run('7', '2026-03-09 02:00+01', 'succeeded', '2026-03-07');
select pg_temp.run('8', '2026-03-10 02:00+01', 'crashed');
select is(
    pg_temp.nights('2026-02-28', '2026-03-10'),
    '02-28 not_expected, 03-01 ran, 03-02 ran, 03-03 ran, 03-04 made_up, 03-05 made_up, 03-06 ran, 03-07 made_up, '
    '03-08 missed, 03-09 missed, 03-10 missed',
    'a later run for the same night or a later one makes up for it; an earlier date does not'
);
select is(
    (select made_up_on from private.report_nights(tests.id('organisation', 'north'), '2026-03-04', '2026-03-04', 'Europe/Oslo')),
    date '2026-03-06', 'by the first run that got through'
);
select is(
    (select sum(crashed) from private.report_nights(tests.id('organisation', 'north'), '2026-03-01', '2026-03-10', 'Europe/Oslo')),
    2::numeric, 'interrupted runs are counted'
);

insert into private.certification_run_totals (run_id, organisation_id, transitioned, reminders_sent, failures)
values (tests.id('run', '6'), tests.id('organisation', 'north'), 1, 2, 3);
insert into public.certification_expiry_audit_log (run_id, mentor_id, event_type, organisation_id, "timestamp", error_message)
values (tests.id('run', '3'), tests.id('mentor', 'olga'), 'reminder_failed', tests.id('organisation', 'north'), '2026-03-03 00:31+01', 'Why.');
select is(
    (
        select array[transitioned, reminders_sent, failures]
        from private.report_nights(tests.id('organisation', 'north'), '2026-03-06', '2026-03-06', 'Europe/Oslo')
    ),
    array[1, 2, 3]::bigint[], 'what the run did'
);
create temporary table report as
select public.get_compliance_report(tests.id('organisation', 'north'), '2026-03-01', '2026-03-10') -> 'certifications' as found;
select is(
    (select found #> '{failures_by_message,0}' from report),
    '{"event_type": "reminder_failed", "error_message": "Why.", "entries": 1}'::jsonb, 'why something failed'
);
select is((select found -> 'unlogged_runs' from report), '1', 'a run that has totals and no entries is named');
select finish();
rollback;
