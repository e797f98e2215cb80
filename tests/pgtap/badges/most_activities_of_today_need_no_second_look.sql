-- A mentor of years is nearly always one step from some badge: three weeks in a row of four, once seven activities in a month
-- of eight. That must neither send each activity the long way nor let the one pass that earns the badge.
begin;
select plan(31);

-- How each entry goes, one after the other: short, long, and "!" where it earns the badge.
create function pg_temp.ways(criteria jsonb, entries text[], size int default 1) returns text
language plpgsql
as $$
declare
    v_name text := 'm' || md5(ways.criteria::text || ways.entries::text);
    v_ways text := '';
    v_known bigint := 0;
    v_held bigint;
begin
    perform tests.make_organisation(v_name);
    perform tests.make_mentor(v_name, v_name);
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    values (tests.id('organisation', v_name), 'badge', 'Badge', ways.criteria);
    for v_first in 1..cardinality(ways.entries) by ways.size loop
        insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
        select
            tests.id('organisation', v_name), tests.id('mentor', v_name), split_part(entry, '@', 1),
            split_part(entry, '@', 2)::date, 60
        from unnest(ways.entries[v_first:v_first + ways.size - 1]) as entry;
        v_held := (select count(*) from public.earned_badges where mentor_id = tests.id('mentor', v_name));
        v_ways := v_ways || case
            when (select added_activities from private.mentor_measures where mentor_id = tests.id('mentor', v_name)) = 0
                then 'l' else 's'
        end || case when v_held > v_known then '!' else '' end;
        v_known := v_held;
    end loop;
    return v_ways;
end
$$;

-- Weeks from Monday 5 January 2026.
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 4}',
        '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-12, visit@2026-01-15, visit@2026-01-18, visit@2026-01-24, visit@2026-01-26}'
    ),
    'lsssssl!', 'a streak is looked at again in the week that can complete it'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 4}',
        '{visit@2026-01-05, visit@2026-03-02, visit@2026-05-04, visit@2026-07-06}'
    ),
    'lssl', 'someone who comes every other month has a look for every third activity'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 4}',
        '{visit@2026-01-05, visit@2026-01-26, visit@2026-01-12, visit@2026-01-19}'
    ),
    'lssl!', 'weeks that are filled in out of order complete a streak as well'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 4}',
        '{visit@2026-01-05, visit@2026-01-12, visit@2026-01-19, visit@2026-03-02, visit@2026-03-03, visit@2026-03-09, visit@2026-03-16, visit@2026-03-23}'
    ),
    'lsslsssl!', 'three weeks of January are no reason to look at March'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 10}',
        '{visit@2026-01-05, visit@2026-01-12, visit@2026-01-19, visit@2026-02-02, visit@2026-02-09, visit@2026-02-16,
            visit@2025-11-03, visit@2026-01-26, visit@2026-02-23, visit@2026-03-02, visit@2026-03-09}'
    ),
    'lssssslslsl!', 'after a late entry that may join streaks the next ones are not taken for additions alone'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_months", "at_least": 3}',
        '{visit@2025-11-30, visit@2025-12-01, visit@2025-12-30, visit@2025-12-31, visit@2026-01-01}'
    ),
    'lsssl!', 'months likewise, at the turn of a year'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 2, "from": "2026-01-07"}',
        '{visit@2026-01-06, visit@2026-01-08, visit@2026-01-12}'
    ),
    'lsl!', 'a week that begins to count in its middle is the first of its streak'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 2, "from": "2026-01-01", "activity_types": ["visit"]}',
        '{visit@2025-06-02, phone@2026-01-05, visit@2026-01-06, visit@2026-01-12}'
    ),
    'llsl!', 'a week with an activity of another type is no week of the streak yet'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 2, "to": "2026-01-18"}',
        '{visit@2026-01-05, visit@2026-01-20, visit@2026-01-27, visit@2026-02-03, visit@2026-01-18}'
    ),
    'llssl!', 'what comes after the last day that counts needs no look, what comes late does'
);
select is(
    pg_temp.ways('{"metric": "activity_count", "at_least": 2, "to": "2026-01-05"}', '{visit@2026-01-05, visit@2026-01-05}'),
    'll!', 'the last day that counts counts'
);
select is(
    pg_temp.ways(
        '{"metric": "activity_count", "at_least": 3, "within_days": 3}',
        '{visit@2026-01-05, phone@2026-01-07, phone@2026-01-07}'
    ),
    'lll!', 'the first day of a window counts'
);
select is(
    pg_temp.ways(
        '{"metric": "activity_count", "at_least": 4, "within_days": 30}',
        '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-07, visit@2026-03-02, visit@2026-03-03, visit@2026-03-04, visit@2026-03-05}'
    ),
    'lsslssl!', 'three activities of four in January are no reason to look at each of March'
);
select is(
    pg_temp.ways(
        '{"metric": "activity_count", "at_least": 4, "within_days": 30}',
        '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-07, visit@2026-03-02, visit@2026-03-03, visit@2026-01-20}'
    ),
    'lsslsl!', 'but a late one of January is looked at'
);
select is(
    pg_temp.ways(
        '{"metric": "activity_count", "at_least": 4, "within_days": 30}',
        '{visit@2025-01-06, visit@2025-01-07, visit@2025-01-08, visit@2025-03-03, visit@2025-05-05, visit@2025-07-07, visit@2025-09-08, visit@2025-01-20}'
    ),
    'lsslssll!', 'which is not forgotten by a look at September'
);
select is(
    pg_temp.ways(
        '{"metric": "minutes_total", "at_least": 240, "within_days": 30}',
        '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-07, visit@2026-03-02, visit@2026-03-03, visit@2026-03-04, visit@2026-03-05}'
    ),
    'lsslssl!', 'minutes within a window likewise'
);
select is(
    pg_temp.ways(
        '{"metric": "participants_total", "at_least": 4, "within_days": 30}',
        '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-07, visit@2026-03-02, visit@2026-03-03, visit@2026-03-04, visit@2026-03-05}'
    ),
    'lsslssl!', 'and participants'
);
select is(
    pg_temp.ways(
        '{"metric": "distinct_activity_types", "at_least": 3}',
        '{visit@2026-01-05, phone@2026-01-06, visit@2026-01-07, phone@2026-01-08, visit@2026-01-09, course@2026-01-10}'
    ),
    'llsssl!', 'a type that is counted already is not looked at, a new one is'
);
select is(
    pg_temp.ways(
        '{"metric": "distinct_activity_types", "at_least": 2, "from": "2026-02-01"}',
        '{visit@2026-01-05, phone@2026-01-06, visit@2026-02-02, visit@2026-02-03, phone@2026-02-04}'
    ),
    'llsll!', 'one from before the first day that counts does not count'
);
select is(
    pg_temp.ways(
        '{"metric": "distinct_activity_types", "at_least": 2, "within_days": 7}',
        '{visit@2026-01-05, phone@2026-02-02, visit@2026-03-02, phone@2026-03-04}'
    ),
    'llll!', 'within a window a type must come again'
);
select is(
    pg_temp.ways(
        format('{"metric": "%s", "at_least": %s%s}', asked.metric, asked.at_least, asked.more)::jsonb,
        '{visit@2026-01-05, visit@2026-01-06, visit@2026-02-07}'
    ),
    'lss', format('nobody reaches %s of %s%s, and nothing overflows', asked.at_least, asked.metric, asked.more)
)
from (
    values
    ('consecutive_weeks', '999999999999', ''), ('consecutive_months', '999999999999', ''), ('minutes_total', '999999999999', ''),
    ('activity_count', '999999999999', ', "within_days": 36500'), ('consecutive_months', '999999999999', ', "within_days": 36500')
) as asked (metric, at_least, more);
-- Several in one statement.
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 5}',
        '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-12, visit@2026-01-13, visit@2026-01-27, visit@2026-02-03, visit@2026-01-26, visit@2026-01-19}', 2
    ),
    'lsll!', 'statements of several rows are told apart in the same way'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 4}',
        '{visit@2026-01-12, visit@2026-01-13, visit@2026-01-05, visit@2026-01-19, visit@2025-12-29, visit@2026-01-20}', 2
    ),
    'lll!', 'one late row makes the statement late'
);
select is(
    pg_temp.ways(
        '{"metric": "consecutive_weeks", "at_least": 5}',
        '{visit@2026-01-05, visit@2026-01-06, visit@2026-02-02, visit@2026-01-12, visit@2026-01-19, visit@2026-01-26}', 2
    ),
    'lsl!', 'and may come in any order'
);
select is_empty('select * from private.check_badge_rollups()', 'the rollups, measures and headroom of all of them are right');
-- From before the numbers had names, as in data that is restored.
update private.mentor_measures set added_activities = 0, headroom = '{"visit/in_person": [9, 9, 9, 9]}';
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select organisation_id, mentor_id, 'visit', day, 60
from private.mentor_measures
cross join (values (date '2026-03-30')) as given (day);
select is_empty('select from private.mentor_measures where added_activities > 0', 'headroom of an earlier version is not taken for unlimited');
do $$
declare
    v_mentor record;
begin
    for v_mentor in update private.mentor_measures set headroom = '{"visit/in_person": [9, 9, 9, 9]}' returning * loop
        insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
        values (v_mentor.organisation_id, v_mentor.mentor_id, 'visit', '2026-03-31', 60);
    end loop;
end
$$;
select is_empty('select from private.mentor_measures where added_activities > 0', 'nor for a single activity');
update private.mentor_measures set headroom = jsonb_set(headroom, '{visit/in_person,streaks,1}', '100') where headroom is not null;
select isnt_empty('select * from private.check_badge_rollups()', 'and would be told if they were not');
select * from finish();
rollback;
