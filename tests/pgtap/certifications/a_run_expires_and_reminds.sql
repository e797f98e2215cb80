-- The thresholds are 30, 14 and 7 days; the run is for 2026-03-01.
begin;
select plan(17);
select tests.make_organisation('north');
select tests.make_mentor(name, 'north')
from unnest(array['yesterday', 'today', 'week', 'month', 'later', 'renewed', 'older', 'paused', 'withdrawn', 'none']) as name;
select tests.make_certificate(mentor, expires_on::date)
from (
    values
    ('yesterday', '2026-02-28'), ('today', '2026-03-01'), ('week', '2026-03-08'), ('month', '2026-03-31'),
    ('later', '2026-04-01'), ('renewed', '2026-02-01'), ('renewed', '2027-02-01'),
    ('older', '2026-02-27'), ('older', '2026-02-01'), ('paused', '2026-02-01'), ('withdrawn', '2026-02-01')
) as certificate (mentor, expires_on);
select public.transition_mentor_status(tests.id('mentor', 'paused'), 'paused');
select public.transition_mentor_status(tests.id('mentor', 'withdrawn'), 'withdrawn');

create temporary table run as select * from public.run_certification_expiry('2026-03-01', tests.id('run', '1'));
select is(
    tests.status(name), status, name || ' is ' || status
)
from (
    values
    ('yesterday', 'expired_cert'), ('today', 'active'), ('week', 'active'), ('month', 'active'), ('later', 'active'),
    ('renewed', 'active'), ('older', 'expired_cert'), ('paused', 'paused'), ('withdrawn', 'withdrawn'), ('none', 'active')
) as expected (name, status);
select results_eq(
    $$
    select reminder.threshold_day, reminder.certification_expiry_date
    from public.cert_expiry_reminders as reminder order by 2
    $$,
    $$ values (7, date '2026-03-01'), (7, '2026-03-08'), (30, '2026-03-31') $$,
    'the tightest threshold reached gives one reminder'
);
select is(
    row(run.run_id, run.as_of, run.status, run.total_transitioned, run.total_reminders_sent, run.total_failures, run.note)::text,
    row(tests.id('run', '1'), '2026-03-01', 'succeeded', 2, 3, 0, null)::text, 'the run says what it did'
)
from run;
select ok(run.finished_at >= run.started_at, 'and when') from run;
select results_eq(
    $$
    select event_type, old_status::text, new_status::text, threshold_days, error_message, count(*)
    from public.certification_expiry_audit_log where run_id = tests.id('run', '1') group by 1, 2, 3, 4, 5 order by 1, 4
    $$,
    $$
    values
    ('reminder_dispatched', null, null, 7, null, 2::bigint),
    ('reminder_dispatched', null, null, 30, null, 1),
    ('status_transitioned', 'active', 'expired_cert', null, null, 2)
    $$,
    'one entry for each'
);
select is(
    (
        select certificate.expires_on
        from public.certification_expiry_audit_log as entry
        inner join public.certifications as certificate on certificate.id = entry.certification_id
        where entry.mentor_id = tests.id('mentor', 'older')
    ),
    '2026-02-27', 'of several certificates the last one is named'
);
select is(
    (select count(*) from public.mentor_status_changes where cause = 'expiry_run' and run_id = tests.id('run', '1')), 2::bigint,
    'the status history names the run'
);
select is_empty('select * from public.find_duplicate_transitions()', 'no transition is a duplicate');
select * from finish();
rollback;
