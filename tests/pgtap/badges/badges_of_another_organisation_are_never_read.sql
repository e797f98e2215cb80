begin;
select plan(6);
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
-- Nor would it go unseen, were the keys not there.
set local session_replication_role = replica;
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
values (tests.id('organisation', 'north'), tests.id('mentor', 'berit'), tests.id('badge', 'south'), 1, '[]', '2026-01-01');
select results_eq(
    'select mentor_id, mentor_organisation_id, badge_definition_id, badge_organisation_id, total_count from public.find_cross_org_awards()',
    $$
    values (
        tests.id('mentor', 'berit'), tests.id('organisation', 'north'), tests.id('badge', 'south'), tests.id('organisation', 'south'), 1::bigint
    )
    $$, 'a badge of another organisation'
);
update public.earned_badges set organisation_id = tests.id('organisation', 'south'), badge_definition_id = tests.id('badge', 'north')
where mentor_id = tests.id('mentor', 'berit');
select is((select count(*) from public.find_cross_org_awards()), 1::bigint, 'or one that is kept with another');
select finish();
rollback;
