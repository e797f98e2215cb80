begin;
select plan(16);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria, is_active)
select tests.id('badge', slug), tests.id('organisation', 'north'), slug, slug, criteria::jsonb, slug <> 'off'
from (
    values
    ('one', '{"metric": "activity_count", "at_least": 1}'), ('two', '{"metric": "activity_count", "at_least": 2}'),
    ('nine', '{"metric": "activity_count", "at_least": 9}'), ('off', '{"metric": "activity_count", "at_least": 1}')
) as badge (slug, criteria);
create function pg_temp.evaluated(mentor text) returns text
language sql
as $$
    select string_agg(
        definition.slug || case when found.is_met then ' met' else ' not met' end || case when found.newly_awarded then ', new' else '' end,
        '; ' order by definition.slug
    )
    from public.evaluate_badges(tests.id('mentor', evaluated.mentor)) as found
    inner join public.badge_definitions as definition on definition.id = found.badge_definition_id
$$;
-- Berit holds one of them already.
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
values (tests.id('organisation', 'north'), tests.id('mentor', 'berit'), tests.id('badge', 'one'), 1, '[]', '2026-01-15');
create temporary table before as select id from public.badge_evaluation_logs;
grant select on before to public;

-- Berit's chapter is not Oskar's.
select is(
    tests.outcome('authenticated', tests.id('user', user_name), format('select public.evaluate_badges(%L)', tests.id('mentor', 'berit'))),
    outcome, format('%s: %s', user_name, outcome)
)
from (values ('oskar', '42501'), ('sven', 'PT404'), ('berit', '42501')) as attempt (user_name, outcome);
select is((select count(*) from public.badge_evaluation_logs), (select count(*) from before), 'which evaluates nobody');

update private.mentor_measures set settled_until = null;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(pg_temp.evaluated('olga'), 'nine not met; one met, new; two met, new', 'what is met and was not held is new');
select is(pg_temp.evaluated('olga'), 'nine not met; one met; two met', 'once');
reset role;
select is_empty(
    $$ select from private.mentor_measures where mentor_id <> tests.id('mentor', 'olga') and settled_until is not null $$, 'and the others are as they were'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(pg_temp.evaluated('berit'), 'nine not met; one met; two met, new', 'what was held already is not');
reset role;
select results_eq(
    $$
    select entry.peer_mentor_id, cardinality(entry.badges_awarded), entry.activity_ids
    from public.badge_evaluation_logs as entry
    where entry.source = 'manual'
    order by entry.triggered_at
    $$,
    $$
    values
    (tests.id('mentor', 'olga'), 2, '{}'::uuid[]), (tests.id('mentor', 'olga'), 0, '{}'), (tests.id('mentor', 'berit'), 1, '{}')
    $$, 'each has one entry, of the mentor who was asked for'
);
select is_empty($$ select from public.badge_evaluation_logs where source <> 'manual' and id not in (select id from before) $$, 'and no other');

select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'one'), 'A test.');
select is(pg_temp.evaluated('olga'), 'nine not met; one met; two met', 'a revoked badge is met and not new');
-- Of nobody else anything is known or evaluated by it.
select tests.make_mentor('kari', 'north');
select public.evaluate_badges(tests.id('mentor', 'kari'));
select is(
    (select count(*) from public.badge_evaluation_logs where source = 'manual'), 5::bigint, 'a mentor without activities has an entry as well'
);
-- Another organisation's catalogue has the version that hers had.
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'south'), 'southern', 'S', '{"metric": "activity_count", "at_least": 1}');
update private.badge_catalogues
set version = (select catalogue_version from private.mentor_measures where mentor_id = tests.id('mentor', 'olga'))
where organisation_id = tests.id('organisation', 'south');
update public.badge_definitions set criteria = '{"metric": "activity_count", "at_least": 2}' where id = tests.id('badge', 'nine');
select is(pg_temp.evaluated('olga'), 'nine met, new; one met; two met', 'changed criteria are asked at once');
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
select is(pg_temp.evaluated('olga'), null, 'with badges switched off nothing is evaluated');
select is((select count(*) from public.badge_evaluation_logs where source = 'manual'), 6::bigint, 'or logged');
select is_empty('select from private.check_badge_rollups()', 'and the rollups are right');
select * from finish();
rollback;
