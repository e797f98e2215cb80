begin;
select plan(4);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', slug), tests.id('organisation', slug), 'first', 'First', '{"metric": "activity_count", "at_least": 1}'
from (values ('north'), ('south')) as o (slug);

select tests.make_activity('new', 'olga');
select results_eq(
    'select mentor_id, badge_definition_id from public.earned_badges',
    $$ values (tests.id('mentor', 'olga'), tests.id('badge', 'north')) $$,
    'olga of the north earns the badge of the north'
);
select is(
    (select badges_evaluated from public.badge_evaluation_logs where activity_ids = array[tests.id('activity', 'new')]),
    jsonb_build_array(tests.id('badge', 'north')), 'and no other was looked at'
);
select throws_ok(
    $$ insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
    values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('badge', 'south'), 1, '[]', '2026-01-01') $$,
    '23503', null, 'a foreign award is impossible by constraint'
);
select is((select count(*) from public.find_cross_org_awards()), 0::bigint, 'none is ever found');
select finish();
rollback;
