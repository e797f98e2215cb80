begin;
select plan(7);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
select tests.make_mentor('berit', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}');
select tests.make_activity('berit one', 'berit');
select results_eq(
    'select activities_scanned, mentors_missing, badges_awarded, award_ratio, alert from public.reconcile_badges()',
    $$ values (1::bigint, 0::bigint, 0::bigint, 0.0000, false) $$, 'after a clean day nothing is awarded'
);

insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
select tests.make_activity('olga one', 'olga');
select is((select count(*) from public.earned_badges), 1::bigint, 'switched off: nothing is awarded');
update public.organisation_settings set badges_enabled = true where organisation_id = tests.id('organisation', 'north');

select results_eq(
    'select activities_scanned, mentors_missing, badges_awarded, award_ratio, alert from public.reconcile_badges(suppress_notifications => true)',
    $$ values (2::bigint, 1::bigint, 1::bigint, 0.5000, true) $$, 'switched on again: exactly that is made up for'
);
select is(
    (select qualified_on from public.earned_badges where mentor_id = tests.id('mentor', 'olga')), date '2026-01-15',
    'dated by the activity'
);
select is((select count(*) from public.notifications where kind = 'badge_awarded'), 1::bigint, 'and nobody is told, as asked');
select is((select count(*) from public.ops_alerts where kind = 'reconciliation_over_5_percent'), 1::bigint, 'more than 5 % alerts');
select is(
    (select count(*) from public.badge_evaluation_logs where source = 'reconciliation' and cardinality(badges_awarded) = 1),
    1::bigint, 'and it is in the log'
);
select finish();
rollback;
