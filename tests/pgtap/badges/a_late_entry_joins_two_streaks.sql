begin;
select plan(4);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'north'), 'five-weeks', 'Five weeks', '{"metric": "consecutive_weeks", "at_least": 5}'),
(
    tests.id('organisation', 'north'), 'five-within-40-days', 'Five weeks, close together',
    '{"metric": "consecutive_weeks", "at_least": 5, "within_days": 40}'
);

create function pg_temp.add(occurred_on date) returns void
language sql
as $$
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
    values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', add.occurred_on, 30)
$$;

-- Two and two weeks, around the week from 2 March 2026; one by one, as they happen.
select pg_temp.add(day) from unnest('{2026-02-17, 2026-02-24, 2026-03-10, 2026-03-17}'::date[]) as day;
select is_empty('select from public.earned_badges', 'two streaks of two weeks are not one of five');
select pg_temp.add('2026-03-05');
select results_eq(
    'select count(*), min(qualified_on), max(qualified_on) from public.earned_badges',
    $$ values (2::bigint, date '2026-03-17', date '2026-03-17') $$,
    'the week between joins them, and they qualified when the last week came'
);
select is(
    (
        select count(*) from public.badge_evaluation_logs
        where (select bool_or(value::boolean) from jsonb_each_text(criteria_outcomes))
    ),
    1::bigint, 'no log entry before said that they were met'
);
select is_empty('select * from private.check_badge_rollups()', 'the rollups agree with the activities');
select finish();
rollback;
