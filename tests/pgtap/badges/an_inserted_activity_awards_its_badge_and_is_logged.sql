-- As the app does it: an authenticated mentor, through row level security.
begin;
select plan(9);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values
(tests.id('badge', 'first'), tests.id('organisation', 'north'), 'first', 'First', '{"metric": "activity_count", "at_least": 1}'),
(tests.id('badge', 'hours'), tests.id('organisation', 'north'), 'hours', 'Hours', '{"metric": "minutes_total", "at_least": 600}'),
(
    tests.id('badge', 'both'), tests.id('organisation', 'north'), 'both', 'Both',
    '{"all": [{"metric": "badge_earned", "badge": "first"}, {"any": [{"metric": "minutes_total", "at_least": 30}]}]}'
);

select tests.acts_as('authenticated', tests.id('user', 'olga'));
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('activity', 'a'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2026-02-03', 45);
select results_eq(
    'select badge_definition_id, qualified_on from public.earned_badges order by badge_definition_id',
    $$ select id, date '2026-02-03' from (values (tests.id('badge', 'first')), (tests.id('badge', 'both'))) as b (id) order by id $$,
    'the mentor sees both badges, dated by the activity'
);
select is((select count(*) from public.badge_evaluation_logs), 0::bigint, 'and no log');
select is((select count(*) from public.notifications where kind = 'badge_awarded'), 2::bigint, 'and is told of each');

reset role;
select is(log.badges_evaluated, (
    select jsonb_agg(definition.id order by definition.id) from public.badge_definitions as definition
), 'every active definition was evaluated') from public.badge_evaluation_logs as log;
select is(log.criteria_outcomes, jsonb_build_object(
    tests.id('badge', 'first'), true, tests.id('badge', 'hours'), false, tests.id('badge', 'both'), true
), 'with its outcome') from public.badge_evaluation_logs as log;
select is(cardinality(log.badges_awarded), 2, 'two were new') from public.badge_evaluation_logs as log;
select ok(
    log.activity_ids = array[tests.id('activity', 'a')] and log.source = 'activity_insert'
    and log.error_message is null and log.duration_ms >= 1 and log.org_id = tests.id('organisation', 'north'),
    'the entry says which activity, from where, and how long it took'
) from public.badge_evaluation_logs as log;

insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2026-02-04', 45);
select is(
    (select count(*) from public.badge_evaluation_logs where badges_awarded = '{}' and jsonb_array_length(badges_evaluated) = 3),
    1::bigint, 'an evaluation that awards nothing is logged as well, earned badges included'
);
select is((select count(*) from private.check_badge_rollups()), 0::bigint, 'the rollups are exact');
select finish();
rollback;
