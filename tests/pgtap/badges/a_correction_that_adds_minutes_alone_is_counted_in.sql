-- It is taken off the headroom as an activity is, without an activity: that must not be forgotten by whatever next takes the long
-- way, of a type of which the measure knows nothing.
begin;
select plan(10);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(
    tests.id('organisation', 'north'), 'minutes', 'Five hours of visits',
    '{"metric": "minutes_total", "at_least": 300, "activity_types": ["visit"]}'
),
(
    tests.id('organisation', 'north'), 'participants', 'Twenty people visited',
    '{"metric": "participants_total", "at_least": 20, "activity_types": ["visit"]}'
);
create function pg_temp.add(activity_type text, occurred_on date) returns void
language sql
as $$
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count)
    values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), add.activity_type, add.occurred_on, 60, 4)
$$;

select pg_temp.add('visit', '2026-01-05');
update public.activities set duration_minutes = 200;
update public.activities set participant_count = 14;
select results_eq(
    'select added_activities, added_minutes, added_participants from private.mentor_measures',
    'values (0::bigint, 140::bigint, 10::bigint)', 'the corrections were taken off the headroom'
);
select is_empty('select * from private.check_badge_rollups()', 'which is no difference');
select pg_temp.add('phone', '2026-01-06');
select is_empty('select * from private.check_badge_rollups()', 'nothing of it is lost when another type comes for the first time');
select pg_temp.add('visit', '2026-01-07');
select is_empty('select from public.earned_badges', '260 minutes and 18 people are too few');
select pg_temp.add('visit', '2026-01-08');
select is((select count(*) from public.earned_badges), 2::bigint, '320 and 22 are not');

-- Nor when the criteria of another badge change in between.
select tests.make_mentor('berit', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'types', 'Types', '{"metric": "distinct_activity_types", "at_least": 9}');
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count)
values (tests.id('activity', 'berit'), tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'visit', '2026-01-05', 60, 4);
update public.activities set duration_minutes = 200, participant_count = 14 where id = tests.id('activity', 'berit');
select results_eq(
    $$ select added_minutes, added_participants from private.mentor_measures where mentor_id = tests.id('mentor', 'berit') $$,
    'values (140::bigint, 10::bigint)', 'another correction was taken off the headroom'
);
update public.badge_definitions set criteria = '{"metric": "distinct_activity_types", "at_least": 8}' where slug = 'types';
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count)
values (tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'visit', '2026-01-06', 110, 7);
select is(
    (select count(*) from public.earned_badges where mentor_id = tests.id('mentor', 'berit')), 2::bigint, '310 minutes and 21 people, after other criteria'
);
select is_empty('select * from private.check_badge_rollups()', 'and all is right');
update public.activities set duration_minutes = duration_minutes + 1 where id = tests.id('activity', 'berit');
select is_empty('select * from private.check_badge_rollups()', 'a minute more is a correction');
update public.activities set participant_count = participant_count + 1 where id = tests.id('activity', 'berit');
select is_empty('select * from private.check_badge_rollups()', 'and so is one more who took part');
select * from finish();
rollback;
