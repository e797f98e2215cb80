begin;
select plan(41);
select tests.make_two_organisations();
delete from public.activities;
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', slug), tests.id('organisation', 'north'), slug, slug, criteria::jsonb
from (
    values
    ('walks', '{"metric": "activity_count", "at_least": 4, "activity_types": ["walk"], "delivery_modes": ["in_person"],
        "from": "2026-01-01", "to": "2199-01-01", "within_days": 10}'),
    ('weeks', '{"metric": "consecutive_weeks", "at_least": 4}'),
    ('months', '{"metric": "consecutive_months", "at_least": 4}'),
    ('ended', '{"metric": "activity_count", "at_least": 100, "to": "2025-12-31"}'),
    ('both', '{"all": [{"metric": "badge_earned", "badge": "weeks"}, {"metric": "minutes_total", "at_least": 400}]}')
) as badge (slug, criteria);
insert into public.activities (
    id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, delivery_mode, voided_at, created_at
)
select
    tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), activity_type, day, 30, mode,
    case when is_voided then now() end, timestamptz '2026-03-01'
from (
    values
    ('a', 'walk', date '2026-01-01', 'in_person', false), ('b', 'walk', '2026-01-05', 'in_person', false),
    ('c', 'walk', '2026-01-10', 'in_person', false), ('outside', 'walk', '2026-01-11', 'in_person', false),
    ('voided', 'walk', '2026-01-06', 'in_person', true), ('other type', 'swim', '2026-01-06', 'in_person', false),
    ('other mode', 'walk', '2026-01-06', 'phone', false), ('before', 'walk', '2025-12-31', 'in_person', false)
) as activity (name, activity_type, day, mode, is_voided);
create function pg_temp.leaf(badge text, as_of date default null) returns jsonb
language sql
as $$ select public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', leaf.badge), leaf.as_of) -> 'leaves' -> 0 $$;
create function pg_temp.reasons(badge text) returns jsonb
language sql
as $$
    select jsonb_object_agg(one.value ->> 'reason', one.value -> 'activities')
    from jsonb_array_elements(pg_temp.leaf(reasons.badge) -> 'does_not_count') as one
$$;

select is(pg_temp.leaf('walks') ->> 'value', '3', 'what was reached');
select is(pg_temp.leaf('walks') ->> 'missing', '1', 'what is missing');
select is((pg_temp.leaf('walks') #>> '{counts,activities}'), '3', 'what counts');
select is(
    pg_temp.leaf('walks') #> '{counts,latest}',
    to_jsonb(array[tests.id('activity', 'c'), tests.id('activity', 'b'), tests.id('activity', 'a')]), 'the latest of it, by id'
);
select is(
    pg_temp.reasons('walks'),
    '{"voided": 1, "wrong_type": 1, "wrong_mode": 1, "before_from": 1, "outside_window": 1}', 'what does not count, and why'
);
select is(pg_temp.reasons('ended'), '{"after_to": 6, "voided": 1}', 'what came too late');
select is(
    public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', 'walks')) - 'leaves' - 'smallest_step',
    jsonb_build_object(
        'mentor_id', tests.id('mentor', 'olga'), 'badge_definition_id', tests.id('badge', 'walks'), 'slug', 'walks', 'name', 'walks',
        'criteria_version', 1, 'is_active', true, 'as_of', (now() at time zone 'Europe/Oslo')::date, 'is_earned', false, 'is_revoked', false,
        'earned_at', null, 'is_met', false, 'qualified_on', null
    ), 'of which badge and mentor, and how it stands'
);
select is(
    pg_temp.leaf('walks') - 'does_not_count',
    jsonb_build_object(
        'path', '$', 'metric', 'activity_count', 'value', 3, 'at_least', 4, 'met_on', null, 'is_met', false, 'missing', 1,
        'leaf', (select criteria from public.badge_definitions where slug = 'walks'),
        'counts', jsonb_build_object(
            'activities', 3, 'first_on', '2026-01-01', 'last_on', '2026-01-10',
            'latest', array[tests.id('activity', 'c'), tests.id('activity', 'b'), tests.id('activity', 'a')]
        )
    ), 'a leaf as a whole'
);
select is(
    pg_temp.leaf('ended') -> 'does_not_count',
    jsonb_build_array(
        jsonb_build_object(
            'reason', 'after_to', 'activities', 6, 'first_on', '2026-01-01', 'last_on', '2026-01-11', 'latest', (
                select jsonb_agg(id order by occurred_on desc, id) from public.activities where occurred_on > '2025-12-31' and voided_at is null
            )
        ),
        jsonb_build_object(
            'reason', 'voided', 'activities', 1, 'first_on', '2026-01-06', 'last_on', '2026-01-06', 'latest', array[tests.id('activity', 'voided')]
        )
    ), 'what does not count as a whole, the latest first'
);
-- The stretch of five days in which there was most: the 5th to the 9th.
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (
    tests.id('badge', 'runs'), tests.id('organisation', 'north'), 'runs', 'runs',
    '{"metric": "activity_count", "at_least": 9, "within_days": 5, "activity_types": ["run"]}'
);
select is(pg_temp.leaf('runs') -> 'counts', '{"activities": 0, "latest": []}', 'where nothing counts it says so');
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'run', day, 30
from unnest('{2026-02-03, 2026-02-05, 2026-02-06, 2026-02-09, 2026-02-09, 2026-02-10}'::date[]) as day;
select is(
    (select array_agg(activity ->> 'first_on' || '-' || (activity ->> 'last_on')) from jsonb_array_elements(pg_temp.leaf('runs') -> 'does_not_count') as activity
    where activity ->> 'reason' = 'outside_window'),
    '{2026-02-03-2026-02-10}', 'what is outside of it on either side'
);
select is(pg_temp.leaf('runs') #>> '{counts,first_on}', '2026-02-05', 'it begins with its first day');
select is(pg_temp.leaf('runs') #>> '{counts,activities}', '4', 'and has all of them');
delete from public.activities where activity_type = 'run';
-- No more than twenty are named.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'run', '2026-02-03', 30 from generate_series(1, 22);
select is(pg_temp.leaf('runs') #>> '{counts,activities}', '22', 'of many');
select is(jsonb_array_length(pg_temp.leaf('runs') #> '{counts,latest}'), 20, 'twenty are named');
delete from public.activities where activity_type = 'run';
-- 29 December, 5 January; the weeks of a streak before are another one.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values
(tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'walk', '2025-10-01', 30),
(tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'walk', '2026-04-20', 30);
select is(pg_temp.leaf('weeks') ->> 'value', '2', 'a streak of two weeks over the end of the year');
select is(pg_temp.reasons('weeks'), '{"voided": 1, "outside_streak": 2}', 'what is not of the streak');
select is(pg_temp.leaf('months') ->> 'value', '2', 'a streak of two months');
select is(pg_temp.reasons('months'), '{"voided": 1, "outside_streak": 2}', 'and what is not of that one');

create temporary view step as
select
    badge,
    public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', badge), date '2026-03-04') -> 'smallest_step' as step
from unnest(array['walks', 'weeks', 'ended', 'both']) as badge;
select is(
    (select step from step where badge = 'walks'),
    '{"done_on": "2026-03-04", "activities": 4, "minutes": 4, "participants": 4, "entries": [{"activity_type": "walk",
    "occurred_on": "2026-03-04", "delivery_mode": "in_person", "times": 4, "duration_minutes": 1, "participant_count": 1}]}',
    'what is outside the window by now helps no more'
);
select is(
    (select array(select jsonb_array_elements(step -> 'entries') ->> 'occurred_on') from step where badge = 'weeks'),
    array['2026-03-04', '2026-03-09', '2026-03-16', '2026-03-23'], 'a week after the other, on the first day that there is'
);
select is((select step from step where badge = 'ended'), 'null'::jsonb, 'what has ended cannot be reached');
select is(
    (select array[step ->> 'activities', step ->> 'minutes', step ->> 'done_on'] from step where badge = 'both'),
    array['4', '190', '2026-03-23'], 'one activity serves two leaves: 210 minutes are there, 190 are missing, and four weeks it takes'
);

-- As it was known on a day.
select is(pg_temp.leaf('walks', '2026-02-28') ->> 'value', '0', 'what was registered later was not known');
select is(pg_temp.leaf('walks', '2026-03-01') ->> 'value', '3', 'it was on the day on which it was registered');
update public.activities set activity_type = 'swim' where id = tests.id('activity', 'b');
update public.activities set voided_at = null where id = tests.id('activity', 'voided');
update public.activities set mentor_id = tests.id('mentor', 'berit') where id = tests.id('activity', 'a');
delete from public.activities where id = tests.id('activity', 'c');
select is(pg_temp.leaf('walks') ->> 'value', '2', 'after changes it is something else');
select is(pg_temp.leaf('walks', '2026-03-01') ->> 'value', '3', 'and the answer as of that day is what it was');
select is(
    (public.explain_badge(tests.id('mentor', 'berit'), tests.id('badge', 'walks'), '2026-03-01') #>> '{leaves,0,value}'), '0',
    'also for whom it belongs to now'
);

-- Held, and revoked.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'walk', '2026-01-10', 30 from generate_series(1, 4);
create temporary view olga as
select explained.*
from public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', 'walks')) as answer,
jsonb_to_record(answer) as explained (is_earned boolean, is_revoked boolean, is_met boolean, smallest_step jsonb);
select results_eq('select * from olga', 'values (true, false, true, null::jsonb)', 'a badge that is held needs no step');
select is(pg_temp.leaf('walks') ->> 'is_met', 'true', 'its leaf is met');
select is(pg_temp.leaf('walks') ->> 'missing', '0', 'and misses nothing');
select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'walks'), 'A test.');
select results_eq('select * from olga', 'values (false, true, true, null::jsonb)', 'nor is there one to a revoked badge');

select throws_ok(
    $$ select public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', 'walks'), 'infinity') $$, '22023', null, 'a day is one of the calendar'
);
-- Who may ask.
select is(
    tests.outcome(role, tests.id('user', user_name), format(call, tests.id('mentor', 'olga'), tests.id('badge', 'walks'))), outcome,
    format('%s: %s', coalesce(user_name, role), left(call, 40))
)
from (
    values
    ('authenticated', 'olga', 'select public.explain_badge(%L, %L)', '1'),
    ('authenticated', 'sara', 'select public.explain_badge(%L, %L)', 'PT404'),
    ('authenticated', 'sven', 'select public.explain_badge(%L, %L)', 'PT404'),
    ('anon', null, 'select public.explain_badge(%L, %L)', '42501'),
    ('authenticated', 'nina', 'select public.explain_badge(%L, gen_random_uuid()) /* %s */', 'PT404'),
    ('authenticated', 'berit', 'select public.simulate_activities(%L, ''[{}]'') /* %s */', 'PT404')
) as attempt (role, user_name, call, outcome);
reset role;
-- Today is a day of the mentor's organisation: of these two it is never the same.
update public.organisations set time_zone = case slug when 'north' then 'Pacific/Kiritimati' else 'Etc/GMT+12' end where slug in ('north', 'south');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (tests.id('badge', 'southern'), tests.id('organisation', 'south'), 'southern', 'S', '{"metric": "tenure_days", "at_least": 9}');
select is(
    public.explain_badge(tests.id('mentor', 'sara'), tests.id('badge', 'southern')) ->> 'as_of', ((now() at time zone 'Etc/GMT+12')::date)::text,
    'today is a day of the organisation'
);
select throws_ok(
    $$ select public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', 'southern')) $$, 'PT404', null, 'whose badges are nothing to another''s mentors'
);
select * from finish();
rollback;
