begin;
select plan(5);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_mentor(name, 'north') from unnest(array['a', 'b', 'c', 'd', 'e', 'f']) as name;
select tests.make_mentor('s', 'south');
delete from public.hlf_removals;
insert into public.hlf_removals (organisation_id, mentor_id, wanted_at, confirmed_at, cancelled_at)
select tests.id('organisation', organisation), tests.id('mentor', mentor), wanted_at, confirmed_at, cancelled_at
from (
    values
    -- By the clocks of Oslo the month of March.
    ('north', 'a', timestamptz '2026-02-28 22:59:59Z', timestamptz '2026-02-28 23:30Z', null::timestamptz),
    ('north', 'b', '2026-02-28 23:00:00Z', '2026-02-28 23:01Z', null),
    ('north', 'c', '2026-03-10 12:00Z', '2026-03-10 12:03Z', null),
    ('north', 'd', '2026-03-10 12:00Z', null, '2026-03-10 12:01Z'),
    ('north', 'e', '2026-03-31 21:59:59Z', null, null),
    ('north', 'f', '2026-03-31 22:00:00Z', null, null),
    ('south', 's', '2026-03-10 12:00Z', '2026-03-12 12:00Z', null)
) as removal (organisation, mentor, wanted_at, confirmed_at, cancelled_at);
select results_eq(
    $$
    select confirmed, median, p95, worst, cancelled, still_open
    from public.get_hlf_removal_times(tests.id('organisation', 'north'), '2026-03-01', '2026-03-31')
    $$,
    $$
    values (2::bigint, interval '2 minutes', interval '2 minutes 54 seconds', interval '3 minutes', 1::bigint, 1::bigint)
    $$, 'whole days of the organisation'
);
select ok(
    longest_open between clock_timestamp() - timestamptz '2026-03-31 21:59:59Z' - interval '1 hour'
    and clock_timestamp() - timestamptz '2026-03-31 21:59:59Z',
    'the one that is open was not cancelled, nor was it confirmed'
)
from public.get_hlf_removal_times(tests.id('organisation', 'north'), '2026-03-01', '2026-03-31');
select is(still_open, 2::bigint, 'the next day is another')
from public.get_hlf_removal_times(tests.id('organisation', 'north'), '2026-03-31', '2026-04-01');
select is(worst, interval '2 days', 'another organisation has its own')
from public.get_hlf_removal_times(tests.id('organisation', 'south'), '2026-03-01', '2026-03-31');
select ok(longest_open >= now() - timestamptz '2026-03-31 21:59:59Z', 'of two that are open the one that has waited longer')
from public.get_hlf_removal_times(tests.id('organisation', 'north'), '2026-03-31', '2026-04-01');
select finish();
rollback;
