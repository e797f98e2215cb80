begin;
select plan(8);
select tests.make_two_organisations();
select tests.make_log_entry('olga');
select tests.make_log_entry('sara');
create temporary table expected as
select
    count(*)::text as all_entries,
    (count(*) filter (where org_id = tests.id('organisation', 'north')))::text as north,
    (count(*) filter (where org_id = tests.id('organisation', 'south')))::text as south
from public.badge_evaluation_logs;

select isnt(north, all_entries, 'both organisations have entries') from expected;
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), 'table public.badge_evaluation_logs'),
    actor.entries, actor.description
)
from expected
cross join lateral (
    values
    ('authenticated', 'nina', expected.north, 'a coordinator reads the organisation''s'),
    ('authenticated', 'oskar', expected.north, 'a chapter''s coordinator reads all of the organisation''s'),
    ('authenticated', 'sven', expected.south, 'another organisation''s coordinator reads other entries'),
    ('authenticated', 'olga', '0', 'a mentor reads none, not even about themselves'),
    ('authenticated', 'nobody', '0', 'a stranger reads none'),
    ('anon', null, '42501', 'anon may not read'),
    ('service_role', null, expected.all_entries, 'service_role reads all')
) as actor (role_name, user_name, entries, description);
select * from finish();
rollback;
