begin;
select plan(8);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
select tests.make_mentor('berit', 'north');
select tests.make_mentor('kari', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'north'), 'two', 'Two', '{"metric": "activity_count", "at_least": 2}'),
(tests.id('organisation', 'north'), 'three', 'Three', '{"metric": "activity_count", "at_least": 3}');
select tests.make_activity('olga one', 'olga');
select tests.make_activity('berit one', 'berit');
select public.evaluate_badges(tests.id('mentor', 'kari'));

alter table public.activities disable trigger user;
select tests.make_activity('olga two', 'olga');
select tests.make_activity('kari one', 'kari');
alter table public.activities enable trigger user;

select results_eq(
    'select mentor_id, difference from private.check_badge_rollups() order by mentor_id',
    $$
    select mentor, 'activity_days of 2026-01-15' from unnest(array[tests.id('mentor', 'olga'), tests.id('mentor', 'kari')]) as mentor order by mentor
    $$, 'the check sees what the rollup lacks'
);
select results_eq(
    $$
    select mentor_id
    from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "activity_count", "at_least": 2}')
    $$,
    $$ values (tests.id('mentor', 'olga')) $$, 'a preview counts it'
);
select isnt_empty('select from private.check_badge_rollups()', 'and mends nothing');
select results_eq(
    'select activities_scanned, mentors_missing, badges_awarded, alert from public.reconcile_badges()',
    $$ values (4::bigint, 1::bigint, 1::bigint, true) $$, 'reconciliation awards exactly what was missed'
);
select results_eq(
    $$
    select earned.mentor_id, definition.slug
    from public.earned_badges as earned
    inner join public.badge_definitions as definition on definition.id = earned.badge_definition_id
    $$,
    $$ values (tests.id('mentor', 'olga'), 'two') $$, 'to the one who reached it'
);
select is_empty('select from private.check_badge_rollups()', 'and the rollup is whole again');
select tests.make_activity('olga three', 'olga');
select is((select count(*) from public.earned_badges), 2::bigint, 'the next activity counts from there');
select results_eq(
    'select mentors_missing, badges_awarded, alert from public.reconcile_badges()',
    $$ values (0::bigint, 0::bigint, false) $$, 'a second reconciliation finds nothing'
);
select finish();
rollback;
