-- private.check_badge_rollups() names room by which an outcome could change unseen, and none by which it cannot: for each number that is
-- kept, of each metric. The night has it recounted.
begin;
select plan(74);
-- What the check says of a mentor with these activities (type@day, 60 minutes, two participants) when all room is taken away but one number.
create function pg_temp.named(criteria jsonb, entries text[], path text[], room text, change text) returns boolean
language plpgsql
as $$
declare
    v_name text := 'm' || md5(named.criteria::text || named.entries::text || named.path::text || named.room || named.change);
begin
    perform tests.make_organisation(v_name);
    perform tests.make_mentor(v_name, v_name);
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    values (tests.id('organisation', v_name), 'badge', 'Badge', named.criteria);
    for v_number in 1..cardinality(named.entries) loop
        insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count)
        values (
            tests.id('organisation', v_name), tests.id('mentor', v_name), split_part(named.entries[v_number], '@', 1),
            split_part(named.entries[v_number], '@', 2)::date, 60, 2
        );
    end loop;
    -- As after a look: nothing was added since.
    update private.mentor_measures set catalogue_version = null where mentor_id = tests.id('mentor', v_name);
    perform public.evaluate_badges(tests.id('mentor', v_name));
    update private.mentor_measures
    set headroom = jsonb_set(
        '{"visit/in_person": {"activities": [0, 0], "minutes": [0, 0], "participants": [0, 0], "streaks": [0, 0, null]},
        "walk/in_person": {"activities": [0, 0], "minutes": [0, 0], "participants": [0, 0], "streaks": [0, 0, null]},
        "visit/phone": {"activities": [0, 0], "minutes": [0, 0], "participants": [0, 0], "streaks": [0, 0, null]}}',
        named.path, named.room::jsonb
    )
    where mentor_id = tests.id('mentor', v_name);
    execute format('update private.mentor_measures set %s where mentor_id = %L', named.change, tests.id('mentor', v_name));
    return exists (
        select from private.check_badge_rollups() as found
        where found.mentor_id = tests.id('mentor', v_name) and found.difference like 'headroom for ' || named.path[1] || ', measure %'
    );
end
$$;

select is(
    pg_temp.named(criteria::jsonb, entries, path, room, change), expected,
    format('%s, %s: %s %s%s', criteria, entries, path, room, nullif(' when ' || change, ' when added_late = false'))
)
from (
    values
    ('{"metric": "activity_count", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06}'::text[], '{visit/in_person, activities, 0}'::text[], '2', 'added_late = false', false),
    ('{"metric": "activity_count", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 0}', '3', 'added_late = false', true),
    ('{"metric": "activity_count", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 1}', '2', 'added_late = false', false),
    ('{"metric": "activity_count", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 1}', '3', 'added_late = false', true),
    ('{"metric": "activity_count", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, minutes, 1}', '900', 'added_late = false', false),
    -- Of what was added since, room is used up.
    ('{"metric": "activity_count", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 0}', '3', 'added_activities = 1', false),
    ('{"metric": "activity_count", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 0}', '4', 'added_activities = 1', true),
    ('{"metric": "minutes_total", "at_least": 300}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, minutes, 0}', '179', 'added_late = false', false),
    ('{"metric": "minutes_total", "at_least": 300}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, minutes, 0}', '180', 'added_late = false', true),
    ('{"metric": "minutes_total", "at_least": 300}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, minutes, 1}', '180', 'added_late = false', true),
    ('{"metric": "minutes_total", "at_least": 300}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, minutes, 0}', '180', 'added_minutes = 1', false),
    ('{"metric": "minutes_total", "at_least": 300}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 0}', '900', 'added_late = false', false),
    ('{"metric": "participants_total", "at_least": 9}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, participants, 0}', '4', 'added_late = false', false),
    ('{"metric": "participants_total", "at_least": 9}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, participants, 0}', '5', 'added_late = false', true),
    ('{"metric": "participants_total", "at_least": 9}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, participants, 1}', '5', 'added_late = false', true),
    ('{"metric": "participants_total", "at_least": 9}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, participants, 0}', '5', 'added_participants = 1', false),
    ('{"metric": "distinct_days", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 1}', '1', 'added_late = false', false),
    ('{"metric": "distinct_days", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 1}', '2', 'added_late = false', true),
    -- Of a window the earlier days are as they are; the latest are what can be added to.
    ('{"metric": "activity_count", "at_least": 3, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-03-02}', '{visit/in_person, activities, 1}', '1', 'added_late = false', false),
    ('{"metric": "activity_count", "at_least": 3, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-03-02}', '{visit/in_person, activities, 0}', '1', 'added_late = false', true),
    ('{"metric": "activity_count", "at_least": 3, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-03-02}', '{visit/in_person, activities, 1}', '2', 'added_late = false', true),
    ('{"metric": "activity_count", "at_least": 3, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-03-02}', '{visit/in_person, activities, 1}', '2', 'added_late = true', false),
    ('{"metric": "activity_count", "at_least": 3, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-03-02}', '{visit/in_person, activities, 0}', '1', 'added_late = true', true),
    ('{"metric": "activity_count", "at_least": 3, "to": "2026-01-31"}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-03-02}', '{visit/in_person, activities, 1}', '9', 'added_late = false', false),
    ('{"metric": "activity_count", "at_least": 3, "to": "2026-01-31"}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-03-02}', '{visit/in_person, activities, 0}', '1', 'added_late = false', true),
    ('{"metric": "activity_count", "at_least": 3, "to": "2026-01-06"}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 1}', '1', 'added_late = false', true),
    -- Streaks: by so many activities, or up to a day; two weeks and two months until Monday 12 January and February.
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, streaks, 0}', '1', 'added_late = false', false),
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, streaks, 0}', '2', 'added_late = false', true),
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, streaks, 1}', '2', 'added_late = false', true),
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, streaks, 1}', '2', 'added_activities = 1', false),
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, streaks, 2}', '"2026-01-25"', 'added_late = false', false),
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, streaks, 2}', '"2026-01-26"', 'added_late = false', true),
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, streaks, 2}', '"2026-01-26"', 'added_to = ''2026-01-19''', false),
    ('{"metric": "consecutive_weeks", "at_least": 2}', '{visit@2026-01-12}', '{visit/in_person, streaks, 2}', '"2026-01-04"', 'added_late = false', false),
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, streaks, 0}', '2', 'added_late = true', false),
    ('{"metric": "consecutive_weeks", "at_least": 4}', '{visit@2026-01-05, visit@2026-01-12}', '{visit/in_person, activities, 0}', '9', 'added_late = false', false),
    ('{"metric": "consecutive_months", "at_least": 4}', '{visit@2025-12-30, visit@2026-01-12}', '{visit/in_person, streaks, 0}', '2', 'added_late = false', true),
    ('{"metric": "consecutive_months", "at_least": 4}', '{visit@2025-12-30, visit@2026-01-12}', '{visit/in_person, streaks, 0}', '2', 'added_late = true', false),
    ('{"metric": "consecutive_months", "at_least": 4}', '{visit@2025-12-30, visit@2026-01-12}', '{visit/in_person, streaks, 2}', '"2026-02-28"', 'added_late = false', false),
    ('{"metric": "consecutive_months", "at_least": 4}', '{visit@2025-12-30, visit@2026-01-12}', '{visit/in_person, streaks, 2}', '"2026-03-01"', 'added_late = false', true),
    ('{"metric": "consecutive_months", "at_least": 14}', '{visit@2025-11-30, visit@2025-12-30}', '{visit/in_person, streaks, 2}', '"2026-11-30"', 'added_late = false', false),
    ('{"metric": "consecutive_months", "at_least": 14}', '{visit@2025-11-30, visit@2025-12-30}', '{visit/in_person, streaks, 2}', '"2026-12-01"', 'added_late = false', true),
    -- Only what the badge counts.
    ('{"metric": "activity_count", "at_least": 2, "activity_types": ["visit"]}', '{visit@2026-01-05}', '{walk/in_person, activities, 0}', '9', 'added_late = false', false),
    ('{"metric": "activity_count", "at_least": 2, "activity_types": ["walk", "visit"]}', '{visit@2026-01-05}', '{walk/in_person, activities, 0}', '1', 'added_late = false', true),
    ('{"metric": "activity_count", "at_least": 2, "delivery_modes": ["in_person"]}', '{visit@2026-01-05}', '{visit/phone, activities, 0}', '9', 'added_late = false', false),
    ('{"metric": "activity_count", "at_least": 2, "delivery_modes": ["in_person", "phone"]}', '{visit@2026-01-05}', '{visit/phone, activities, 0}', '1', 'added_late = false', true),
    -- A type that counts already adds nothing.
    ('{"metric": "distinct_activity_types", "at_least": 2}', '{visit@2026-01-05}', '{visit/in_person, activities, 0}', '9', 'added_late = false', false),
    ('{"metric": "distinct_activity_types", "at_least": 2}', '{visit@2026-01-05}', '{walk/in_person, activities, 0}', '1', 'added_late = false', true),
    ('{"metric": "distinct_activity_types", "at_least": 1, "from": "2026-01-06"}', '{visit@2026-01-05}', '{visit/in_person, activities, 0}', '1', 'added_late = false', true),
    ('{"metric": "distinct_activity_types", "at_least": 1, "to": "2026-01-04"}', '{visit@2026-01-05}', '{visit/in_person, activities, 0}', '1', 'added_late = false', true),
    ('{"metric": "distinct_activity_types", "at_least": 2, "from": "2026-01-05"}', '{visit@2026-01-05}', '{visit/in_person, activities, 0}', '9', 'added_late = false', false),
    ('{"metric": "distinct_activity_types", "at_least": 2, "to": "2026-01-05"}', '{visit@2026-01-05}', '{visit/in_person, activities, 0}', '9', 'added_late = false', false),
    ('{"metric": "distinct_activity_types", "at_least": 2, "delivery_modes": ["in_person"]}', '{visit@2026-01-05}', '{visit/in_person, activities, 0}', '9', 'added_late = false', false),
    ('{"metric": "distinct_activity_types", "at_least": 1, "delivery_modes": ["phone"]}', '{visit@2026-01-05}', '{visit/phone, activities, 0}', '1', 'added_late = false', true),
    ('{"metric": "distinct_activity_types", "at_least": 2, "within_days": 7}', '{visit@2026-01-05}', '{visit/in_person, activities, 0}', '1', 'added_late = false', true),
    -- Where every activity is looked at anyhow no room is used, and above the highest threshold there is nothing to miss.
    ('{"metric": "activity_count", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 0}', '3', 'settled_until = now()', false),
    ('{"metric": "activity_count", "at_least": 1}', '{visit@2026-01-05, visit@2026-01-06}', '{visit/in_person, activities, 0}', '3', 'added_late = false', false)
) as given (criteria, entries, path, room, change, expected);

-- The other numbers. Two visits of an hour each, nothing added since.
select tests.make_organisation('north');
select tests.make_mentor(name, 'north') from unnest('{olga, berit}'::text[]) as name;
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'five', 'Five', '{"metric": "activity_count", "at_least": 5}');
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', name), 'visit', '2026-01-05', 60
from unnest('{olga, berit}'::text[]) as name cross join generate_series(1, 2);
create temporary table before as select * from private.mentor_measures;
create function pg_temp.said(change text) returns text
language plpgsql
as $$
begin
    execute format(said.change, (select min(id) from private.badge_measures where organisation_id = tests.id('organisation', 'north')));
    return (
        select string_agg(regexp_replace(found.difference, '[0-9]+$', ''), ', ')
        from private.badge_differences(array[tests.id('mentor', 'olga')]) as found
    );
end
$$;
select is(pg_temp.said(change), expected, change)
from (
    values
    ('select', null),
    ('update private.mentor_measures set measures = ''{"%s": 1}''', 'measure '),
    ('update private.mentor_measures set measures = ''{"%s": 0}''', 'measure '),
    ('update private.mentor_measures set measures = ''{}''', 'measure '),
    -- What was added is in no bound yet, an activity, minutes or participants.
    ('update private.mentor_measures set measures = ''{"%s": 1}'', added_activities = 1, headroom = null', null),
    ('update private.mentor_measures set added_activities = 0, added_minutes = 1', null),
    ('update private.mentor_measures set added_minutes = 0, added_participants = 1', null),
    -- More than the truth, on the same side of the threshold, costs a look; on the other it is wrong.
    ('update private.mentor_measures set added_participants = 0, measures = ''{"%s": 4}''', null),
    ('update private.mentor_measures set measures = ''{"%s": 5}''', 'measure , cached outcomes'),
    ('update private.mentor_measures set measures = ''{"%s": 2}''', null),
    ('delete from public.activities where id = (select min(id::text)::uuid from public.activities where mentor_id = tests.id(''mentor'', ''olga''))', null),
    ('update private.mentor_measures set measures = ''{}''', 'measure '),
    ('update private.mentor_measures set measures = ''{"%s": 1}'', settled_until = ''infinity''', null),
    -- What was found is compared where it is used.
    ('update private.badge_findings set criteria_outcomes = ''{}''', 'cached outcomes'),
    ('update private.mentor_measures set settled_until = now()', null),
    -- Nobody else's differences, and of whom nothing is known none.
    ('delete from private.activity_days where mentor_id = tests.id(''mentor'', ''berit'')', null),
    ('update private.mentor_measures set catalogue_version = null; delete from private.activity_days', null)
) as given (change, expected);
select * from finish();
rollback;
