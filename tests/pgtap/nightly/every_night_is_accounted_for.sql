begin;
select plan(17);
select tests.make_two_organisations();
update public.organisations set created_at = '2026-03-01 12:00+01';
-- A job for each organisation and one for all together: done on the 1st, and then nobody came until the 4th.
create function pg_temp.done(job text, day date, organisations uuid[] default null, at timestamptz default null) returns text
language plpgsql
as $$
declare
    v_states text;
begin
    perform private.begin_job(done.job, done.day, done.organisations, false, coalesce(done.at, (done.day + time '03:00') at time zone 'Europe/Oslo'));
    select string_agg(state, ',') into v_states from private.finish_job(done.job, done.day, 'done', organisation_ids => done.organisations);
    return v_states;
end
$$;
create temporary table charities as select array_agg(id) as ids from public.organisations;
select is(pg_temp.done('expiry', '2026-03-01', (select ids from charities)), 'ran,ran', 'on its date a job ran, for each organisation');
select is(pg_temp.done('partitions', '2026-03-01'), 'ran', 'or for all together');
select is_empty($$ select * from public.find_missed_nights('2026-03-02 03:00+01') $$, 'the next night nothing is missing');

select results_eq(
    $$ select business_date, job, count(*)::int from public.find_missed_nights('2026-03-04 03:00+01') group by 1, 2 order by 1, 2 $$,
    $$
    values
    (date '2026-03-02', 'expiry', 2), ('2026-03-02', 'partitions', 1), ('2026-03-03', 'expiry', 2), ('2026-03-03', 'partitions', 1)
    $$,
    'two nights later both are missing, and not today''s'
);
select is_empty($$ select * from public.find_missed_nights('2026-03-04 03:00+01', '{reconciliation}') $$, 'nor of a job that is no more');
select lives_ok($$ select private.begin_night('{expiry, partitions}', '2026-03-04 03:00+01'), private.end_night() $$, 'the next night begins');
select is(
    (select message from public.ops_alerts where kind = 'night_without_run'),
    'The nightly jobs of 2 nights since 2026-03-02 are not complete. They are being caught up now; see find_missed_nights '
    'for what remains.', 'with an alert'
);
select is(
    pg_temp.done('expiry', '2026-03-02', (select ids from charities), '2026-03-04 03:00+01'), 'caught_up,caught_up',
    'done later it was caught up'
);
-- One organisation fails on the 3rd, the other has it switched off; the runner is killed in the job for all.
select private.begin_job('expiry', '2026-03-03', (select ids from charities), false, '2026-03-04 03:00+01');
select private.finish_job(
    'expiry', '2026-03-03', 'failed', organisation_ids => array[tests.id('organisation', 'north')], error_code => '57014'
);
select private.finish_job(
    'expiry', '2026-03-03', 'skipped', 'Switched off by the organisation.', organisation_ids => array[tests.id('organisation', 'south')]
);
select private.begin_job('partitions', '2026-03-03', null, false, '2026-03-04 03:00+01');
select results_eq(
    $$
    select business_date, job, organisation_id, state, reason from public.find_missed_nights('2026-03-04 04:00+01')
    where business_date = '2026-03-03'
    $$,
    $$
    values
    (
        date '2026-03-03', 'expiry', tests.id('organisation', 'north'), 'failed',
        'The statement ran longer than it may, or was cancelled. (57014)'
    ),
    ('2026-03-03', 'partitions', null, 'running', null)
    $$,
    'failed and killed jobs are missing still; skipped ones are not'
);
select results_eq(
    $$ select organisation_id, attempts from private.begin_job('expiry', '2026-03-03', (select ids from charities)) $$,
    $$ values (tests.id('organisation', 'north'), 2) $$, 'to be done again is only what failed'
);
select is(
    (select state from private.finish_job('expiry', '2026-03-03', 'done', organisation_ids => (select ids from charities))),
    'caught_up', 'then it is caught up'
);
select is(pg_temp.done('partitions', day::date, null, '2026-03-04 03:00+01'), 'caught_up', 'the job for all, ' || day::date)
from unnest(array['2026-03-02', '2026-03-03']) as day;
select is_empty($$ select * from public.find_missed_nights('2026-03-04 04:00+01') $$, 'every night is accounted for');
select is(private.last_good_night(), date '2026-03-03', 'and the last good one is known');

select private.begin_job('partitions', '2026-03-04', null, false, '2026-03-04 23:59+01');
select is(
    (select state from private.finish_job('partitions', '2026-03-04', 'done')), 'ran', 'ending after midnight is not late'
);
select tests.make_organisation('west');
update public.organisations set created_at = '2026-03-05 12:00+01' where slug = 'west';
select is_empty(
    $$
    select * from public.find_missed_nights('2026-03-07 03:00+01')
    where organisation_id = tests.id('organisation', 'west') and business_date < '2026-03-05'
    $$,
    'nothing is expected of an organisation before it was there'
);
select * from finish();
rollback;
