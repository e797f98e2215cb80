begin;
select plan(12);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', slug), tests.id('organisation', 'north'), slug, slug, criteria::jsonb
from (
    values
    ('three', '{"metric": "activity_count", "at_least": 3}'),
    ('after-three', '{"all": [{"metric": "badge_earned", "badge": "three"}, {"metric": "minutes_total", "at_least": 200}]}'),
    ('ten', '{"metric": "activity_count", "at_least": 10}')
) as badge (slug, criteria);
create temporary table before as
select tests.fingerprint('public.activities') as activities, tests.fingerprint('public.earned_badges') as badges,
tests.fingerprint('public.badge_evaluation_logs') as logs, tests.fingerprint('public.notifications') as messages;
create function pg_temp.would_earn(entries jsonb) returns text[]
language sql
as $$ select array_agg(slug order by slug) from public.simulate_activities(tests.id('mentor', 'olga'), would_earn.entries) $$;

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select is(
    pg_temp.would_earn('[{"activity_type": "walk", "occurred_on": "2026-02-01", "duration_minutes": 79}]'), '{three}',
    'one more makes three'
);
select is(
    pg_temp.would_earn('[{"activity_type": "walk", "occurred_on": "2026-02-01", "duration_minutes": 80}]'), '{after-three,three}',
    'and what depends on it'
);
select is(
    pg_temp.would_earn('[{"activity_type": "walk", "occurred_on": "2199-02-01", "duration_minutes": 80}]'), '{after-three,three}',
    'days to come are allowed'
);
select throws_ok(
    $$ select pg_temp.would_earn('[{"activity_type": "walk", "occurred_on": "2026-02-30", "duration_minutes": 80}]') $$, 'PL006', null,
    'what cannot be read is refused'
);
select throws_ok(
    format(
        $$ select pg_temp.would_earn('[{"mentor_id": "%s", "activity_type": "walk", "occurred_on": "2026-02-01", "duration_minutes": 80}]') $$,
        tests.id('mentor', 'berit')
    ),
    'PL006', null, 'an entry is of the mentor who is asked about'
);
select throws_ok($$ select pg_temp.would_earn('{}') $$, 'PL006', null, 'entries are an array');
reset role;
select is(
    row(
        tests.fingerprint('public.activities'), tests.fingerprint('public.earned_badges'),
        tests.fingerprint('public.badge_evaluation_logs'), tests.fingerprint('public.notifications')
    )::text,
    (select row(before.*)::text from before), 'nothing was written'
);

-- Berit gets the badge; then it is asked what other criteria would change.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'walk', '2026-02-01', 30);
create function pg_temp.changes(criteria jsonb) returns table (mentor uuid, change_kind text, total bigint)
language sql
as $$ select mentor_id, change_kind, total_count from public.compare_criteria(tests.id('badge', 'three'), changes.criteria) $$;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select results_eq(
    $$ select * from pg_temp.changes('{"metric": "minutes_total", "at_least": 120}') $$,
    $$ values (tests.id('mentor', 'olga'), 'gains', 2::bigint), (tests.id('mentor', 'berit'), 'keeps', 2) $$,
    'who would newly get it, and who keeps it'
);
select results_eq(
    $$ select * from pg_temp.changes('{"metric": "activity_count", "at_least": 4}') $$,
    $$ values (tests.id('mentor', 'berit'), 'would_not_have', 1::bigint) $$, 'who has it and would not have got it'
);
select throws_ok($$ select * from pg_temp.changes('{"metric": "x"}') $$, 'PL001', null, 'bad criteria are told');
select tests.acts_as('authenticated', tests.id('user', 'sven'));
select throws_ok($$ select * from pg_temp.changes('{"metric": "tenure_days", "at_least": 4}') $$, 'PT404', null, 'not for another organisation');
reset role;
select public.revoke_badge(tests.id('mentor', 'berit'), tests.id('badge', 'three'), 'A test.');
select results_eq(
    $$ select * from pg_temp.changes('{"metric": "minutes_total", "at_least": 120}') $$,
    $$ values (tests.id('mentor', 'olga'), 'gains', 1::bigint) $$, 'a revoked badge is not gained again'
);
select * from finish();
rollback;
