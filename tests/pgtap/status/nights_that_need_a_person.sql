-- Nights that never were, are missing, failed or late; of the installation, and of an organisation by its own rows.
begin;
select plan(38);
create function pg_temp.problems(at timestamptz, organisation text default null) returns text[] language sql as $$
    select coalesce(array_agg(format('%s %s: %s', code, coalesce(affected::text, '-'), message) order by code), '{}')
    from private.problems_of_nights(problems.at, tests.id('organisation', problems.organisation))
    where severity = 'warning' and organisation_id is not distinct from tests.id('organisation', problems.organisation)
$$;
create function pg_temp.number(name text, at timestamptz, organisation text default null) returns text language sql as $$
    select found.value #>> '{}'
    from private.numbers_of_nights(number.at, tests.id('organisation', number.organisation)) as found
    where found.name = number.name
$$;
-- The ledger of a night that began at three: of each step the row for all together, and those of the organisations.
create function pg_temp.night(day date) returns void language sql as $$
    insert into public.job_runs (job, organisation_id, business_date, state, first_started_at, started_at, finished_at)
    select
        step.job, organisation.id, night.day, 'ran', clock.at, clock.at,
        clock.at + case when organisation.slug = 'south' then interval '1 hour' else interval '1 minute' end
    from private.night_steps() as step
    cross join (select id, slug from public.organisations union all select null, null) as organisation
    cross join lateral (select (night.day + time '03:00') at time zone 'Europe/Oslo' as at) as clock
    where organisation.id is null or step.is_by_organisation
$$;

select is(pg_temp.problems('2026-03-10 12:00+01'), '{}', 'before there is an organisation there is no night');
select tests.make_organisation(name) from unnest('{north, south}'::text[]) as name;
update public.organisations set created_at = '2026-03-01 12:00+01';
select is(pg_temp.problems('2026-03-10 12:00+01'), '{no_night_yet -: The nightly jobs have never run.}', 'none has been yet');
select is(pg_temp.problems('2026-03-10 12:00+01', 'north'), '{no_night_yet -: The nightly jobs have never run.}', 'nor of the organisation');
insert into public.job_runs (job, business_date, state, first_started_at, started_at, finished_at)
select 'something_else', '2026-03-09', 'ran', at, at, at from (select '2026-03-09 03:00+01'::timestamptz as at) as clock;
select is(pg_temp.problems('2026-03-10 12:00+01'), '{no_night_yet -: The nightly jobs have never run.}', 'another job is no night');
select is(pg_temp.number('last_good_night', '2026-03-10 12:00+01'), null, 'and no good one');
delete from public.job_runs;

select pg_temp.night(day::date) from generate_series(timestamp '2026-03-08', '2026-03-10', '1 day') as day;
select is(pg_temp.problems('2026-03-10 12:00+01'), '{}', 'three nights, and nothing is wrong');
select is(pg_temp.problems('2026-03-10 12:00+01', 'north'), '{}', 'with nobody');
select is(pg_temp.number('last_good_night', '2026-03-10 12:00+01'), '2026-03-10', 'the last good one is tonight''s');
select is(pg_temp.number('last_good_night', '2026-03-10 12:00+01', 'south'), '2026-03-10', 'of an organisation, too');
select is(pg_temp.number('last_good_night', '2026-03-09 12:00+01'), '2026-03-09', 'or that of the day that is asked for');
select is(
    round(extract(epoch from clock_timestamp()) - pg_temp.number('last_good_night_seconds', '2026-03-10 12:00+01')::numeric),
    round(extract(epoch from timestamptz '2026-03-10 04:00+01')), 'it was over when its last step was'
);
select is(
    round(extract(epoch from clock_timestamp()) - pg_temp.number('last_good_night_seconds', '2026-03-10 12:00+01', 'north')::numeric),
    round(extract(epoch from timestamptz '2026-03-10 03:01+01')), 'of an organisation when its own was'
);
select is(pg_temp.number('missed_nights', '2026-03-10 12:00+01'), '0', 'none is missed');
select is(pg_temp.number('night_in_progress', '2026-03-10 12:00+01'), 'false', 'none goes on');

-- Late, then missing.
select is(pg_temp.problems('2026-03-11 04:59+01'), '{}', 'a night may begin two hours later than the last one');
select is(
    pg_temp.problems('2026-03-11 05:01+01'), '{night_late -: No nightly run was completed within the last 26 hours.}', 'and not more'
);
select is(
    pg_temp.problems('2026-03-11 05:01+01', 'north'), '{night_late -: No nightly run was completed within the last 26 hours.}',
    'for each organisation'
);
select is(
    (select oldest_at from private.problems_of_nights('2026-03-11 05:01+01', null)), '2026-03-10 03:00+01', 'with when the last one began'
);
select is(
    pg_temp.problems('2026-03-12 12:00+01'), '{nights_missed 1: Nights that are not accounted for: 2026-03-11.}',
    'a day later it is missing, and no longer late'
);
select is(
    (select oldest_at from private.problems_of_nights('2026-03-12 12:00+01', null)), '2026-03-11 00:00+01', 'since its date began'
);
select is(
    pg_temp.problems('2026-03-14 12:00+01'),
    '{"nights_missed 3: Nights that are not accounted for: 2026-03-11, 2026-03-12, 2026-03-13."}', 'three are named'
);
select is(
    pg_temp.problems('2026-03-16 12:00+01'),
    '{"nights_missed 5: Nights that are not accounted for: 2026-03-11, 2026-03-12, 2026-03-13 and 2 more."}', 'and more are counted'
);
select is(pg_temp.number('missed_nights', '2026-03-16 12:00+01'), '5', 'as in the numbers');

-- Of one organisation.
delete from public.job_runs
where business_date = '2026-03-09' and organisation_id = tests.id('organisation', 'north') and job = 'certification_expiry';
select is(
    pg_temp.problems('2026-03-10 12:00+01'), '{nights_missed 1: Nights that are not accounted for: 2026-03-09.}',
    'a night that one organisation missed is missing'
);
select is(
    pg_temp.problems('2026-03-10 12:00+01', 'north'), '{nights_missed 1: Nights that are not accounted for: 2026-03-09.}', 'for that one'
);
select is(pg_temp.problems('2026-03-10 12:00+01', 'south'), '{}', 'and for no other');
select is(pg_temp.number('missed_nights', '2026-03-10 12:00+01', 'north'), '1', 'as in its numbers');
select is(pg_temp.number('missed_nights', '2026-03-10 12:00+01', 'south'), '0', 'and in the other''s');
delete from public.job_runs where business_date < '2026-03-10';

-- Failed.
update public.job_runs set state = 'failed', reason = 'why'
where organisation_id = tests.id('organisation', 'north') and job = 'certification_expiry';
update public.job_runs set state = 'running', finished_at = null where job = 'log_partitions';
insert into public.job_runs (job, business_date, state, reason, first_started_at, started_at, finished_at)
select 'something_else', '2026-03-10', 'failed', 'why', at, at, at from (select '2026-03-10 03:00+01'::timestamptz as at) as clock;
select is(
    pg_temp.problems('2026-03-10 12:00+01'),
    '{"night_failed 2: Tonight these steps failed or were interrupted: certification expiry, log partitions."}',
    'what failed tonight, or has not come to its end'
);
select is(
    pg_temp.problems('2026-03-10 12:00+01', 'north'),
    '{night_failed 1: Tonight these steps failed or were interrupted: certification expiry.}', 'of the organisation its own'
);
select is(pg_temp.problems('2026-03-10 12:00+01', 'south'), '{}', 'whoever had no trouble has none');
select is(pg_temp.number('last_good_night', '2026-03-10 12:00+01'), null, 'such a night is not good');
select is(pg_temp.number('last_good_night', '2026-03-10 12:00+01', 'north'), null, 'for that organisation');
select is(pg_temp.number('last_good_night', '2026-03-10 12:00+01', 'south'), '2026-03-10', 'it is for the other');
select is(
    (select array_agg(code order by code) from private.problems_of_nights('2026-03-11 12:00+01', null)), '{nights_missed}',
    'the next day it is a night that is missing'
);
select pg_temp.night('2026-03-09');
delete from public.job_runs where business_date = '2026-03-10' and job <> 'credential_check';
select is(pg_temp.number('last_good_night', '2026-03-10 12:00+01'), '2026-03-09', 'one that was broken off is not good');

-- While it goes on.
update public.job_runs set state = 'running', finished_at = null where business_date = '2026-03-10';
select pg_advisory_xact_lock(hashtextextended('peerledger nightly', 0));
select is(pg_temp.problems('2026-03-10 12:00+01'), '{}', 'a night that goes on has not been broken off');
select is(pg_temp.number('night_in_progress', '2026-03-10 12:00+01'), 'true', 'and status says that it does');
select * from finish();
rollback;
