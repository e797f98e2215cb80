begin;
select plan(5);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (
    tests.id('badge', 'long'), tests.id('organisation', 'south'), 'long', 'Long',
    '{"metric": "minutes_total", "at_least": 300}'
);
select is((select count(*) from public.earned_badges), 0::bigint, 'an hour is not enough');
update public.activities set duration_minutes = 300 where id = tests.id('activity', 'sara''s');
select is(
    (select mentor_id from public.earned_badges where badge_definition_id = tests.id('badge', 'long')),
    tests.id('mentor', 'sara'), 'five of them are'
);
select is(
    (select badges_awarded from public.badge_evaluation_logs where source = 'activity_update'),
    array[tests.id('badge', 'long')], 'and the log says why'
);
select is(
    (select activity_ids from public.badge_evaluation_logs where source = 'activity_update'), array[tests.id('activity', 'sara''s')], 'for which activity'
);
-- What is sent again as it was changes nothing.
update public.activities set duration_minutes = duration_minutes, occurred_on = occurred_on where mentor_id = tests.id('mentor', 'sara');
select is((select count(*) from public.badge_evaluation_logs where source = 'activity_update'), 1::bigint, 'and no more often than it was edited');
select * from finish();
rollback;
