-- The table of cases: each reason alone, several together, and both sides of each limit.
begin;
select tests.make_two_organisations();
create temporary table cases (
    number int generated always as identity, name text, activity_type text, minutes int, participants int, mode text, place text,
    role text, is_voided boolean default false, is_disputed boolean default false, category text, reasons text[] default '{}'
);
insert into cases (name, activity_type, minutes, participants, mode, place, role, is_voided, is_disputed, category, reasons) values
-- A conversation in person, however short.
('a conversation', 'conversation', 1, 1, 'in_person', null, null, false, false, 'outreach_conversation', '{}'),
('by telephone', 'conversation', 60, 1, 'phone', null, null, false, false, 'outreach_conversation', '{not_in_person}'),
('a telephone call', 'phone_call', 60, 1, 'phone', null, null, false, false, 'outreach_conversation', '{not_in_person}'),
('abroad', 'conversation', 60, 1, 'in_person', 'abroad', null, false, false, 'outreach_conversation', '{}'),
-- A group of 45 minutes and three.
('45 minutes and three', 'conversation_group', 45, 3, 'in_person', null, null, false, false, 'conversation_group', '{}'),
('44 minutes', 'conversation_group', 44, 3, 'in_person', null, null, false, false, 'conversation_group', '{too_short}'),
('two participants', 'conversation_group', 45, 2, 'in_person', null, null, false, false, 'conversation_group', '{too_few_participants}'),
('neither', 'conversation_group', 44, 2, 'in_person', null, null, false, false, 'conversation_group', '{too_short,too_few_participants}'),
('a group on line', 'conversation_group', 45, 3, 'online', null, null, false, false, 'conversation_group', '{}'),
('an activity group', 'activity_group', 45, 3, 'in_person', null, 'leader', false, false, 'activity_group', '{}'),
('led by somebody else', 'activity_group', 45, 3, 'in_person', null, 'participant', false, false, 'activity_group', '{not_led_by_peer}'),
('led by two', 'activity_group', 45, 3, 'in_person', null, 'co_leader', false, false, 'activity_group', '{}'),
-- A course day of twice 45 minutes, in Norway.
('a course day', 'peer_course', 90, 1, 'in_person', 'oslo', null, false, false, 'peer_course', '{}'),
('89 minutes', 'peer_course', 89, 1, 'in_person', 'oslo', null, false, false, 'peer_course', '{too_short}'),
('a course abroad', 'peer_course', 90, 1, 'in_person', 'abroad', null, false, false, 'peer_course', '{not_in_norway}'),
('a course in Sweden', 'peer_course', 90, 1, 'in_person', 'abroad_sweden', null, false, false, 'peer_course', '{not_in_norway}'),
('a place like it', 'peer_course', 90, 1, 'in_person', 'abroadway', null, false, false, 'peer_course', '{}'),
-- What is none of these, and what does not stand.
('no category', 'gardening', 600, 100, 'in_person', null, null, false, false, null, '{no_category}'),
('voided', 'conversation', 30, 1, 'in_person', null, null, true, false, 'outreach_conversation', '{voided}'),
('disputed', 'conversation', 30, 1, 'in_person', null, null, false, true, 'outreach_conversation', '{disputed}'),
('voided without a category', 'gardening', 30, 1, 'in_person', null, null, true, false, null, '{no_category,voided}'),
(
    'all at once', 'peer_course', 89, 1, 'in_person', 'abroad', null, true, true, 'peer_course',
    '{too_short,not_in_norway,voided,disputed}'
);
insert into public.activities (
    id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode,
    place, role
)
select
    tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'nina'),
    activity_type, date '2024-03-01' + number, minutes, participants, mode, place, role
from cases;
select public.dispute_proxy_activity(tests.id('activity', name), 'other') from cases where is_disputed;
update public.activities set voided_at = now()
where id in (select tests.id('activity', name) from cases where is_voided);
create function pg_temp.found(from_date date, to_date date) returns setof public.grant_activity
language sql
as $$
    select * from public.list_grant_activities(tests.id('organisation', 'north'), found.from_date, found.to_date, 1000)
$$;

select plan(41 + (select count(*)::int from cases));
select is(
    (
        select row(activity.category, activity.is_counted, activity.points, activity.reasons)::text
        from pg_temp.found('2024-03-01', '2024-12-31') as activity
        where activity.activity_id = tests.id('activity', cases.name)
    ),
    row(cases.category, cases.reasons = '{}', (cases.reasons = '{}')::int, cases.reasons)::text, cases.name
)
from cases order by number;

-- Days.
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('activity', day), tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'conversation', day::date, 30
from unnest(array['2023-12-31', '2024-01-01', '2024-02-29', '2024-12-31', '2025-01-01']) as day;
select set_eq(
    $$ select occurred_on from pg_temp.found('2024-01-01', '2024-12-31') where mentor_id = tests.id('mentor', 'berit') $$,
    array['2024-01-01', '2024-02-29', '2024-12-31']::date[], 'a year has its first day, its leap day and its last, and no other'
);
select set_eq(
    $$ select occurred_on from pg_temp.found('2024-02-29', '2024-02-29') where mentor_id = tests.id('mentor', 'berit') $$,
    array['2024-02-29']::date[], 'the leap day is a day'
);

-- Is the leader a participant?
insert into public.organisation_settings (organisation_id, grant_leader_counts) values (tests.id('organisation', 'north'), true);
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count)
select tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', 'berit'), activity_type, day, 90, participants
from (
    values
    ('an activity of two', 'activity_group', date '2024-11-01', 2), ('an activity of one', 'activity_group', '2024-11-02', 1),
    ('a course of two', 'own_course', '2024-11-03', 2), ('a course of three', 'own_course', '2024-11-04', 3)
) as activity (name, activity_type, day, participants);
select public.set_grant_rule(tests.id('organisation', 'north'), 'peer_course', '2024-11-01', '{own_course}', min_participants => 3);
select is(
    (select reasons from pg_temp.found('2024-03-01', '2024-12-31') where activity_id = tests.id('activity', given.name)),
    given.reasons, 'where the leader counts: ' || given.name
)
from (
    values
    ('two participants', '{}'::text[]), ('neither', '{too_short}'), ('an activity of two', '{}'), ('an activity of one', '{too_few_participants}'),
    -- The organisation has a stricter rule for courses, which have a teacher.
    ('a course of two', '{too_few_participants}'), ('a course of three', '{}')
) as given (name, reasons);
update public.organisation_settings set grant_leader_counts = false;
delete from public.grant_rules where organisation_id is not null;

-- An organisation's own rule changes in July.
select public.set_grant_rule(tests.id('organisation', 'north'), 'conversation_group', '2024-01-01', '{samtalekafe}', null, 30, 2);
select public.set_grant_rule(tests.id('organisation', 'north'), 'conversation_group', '2024-07-01', '{samtalekafe,kafe}', '{in_person}', 60, 4);
insert into public.activities (
    id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode
)
select
    tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', 'berit'), activity_type, day, minutes, participants, mode
from (
    values
    ('30 June', 'samtalekafe', date '2024-06-30', 30, 2, 'online'),
    ('1 July', 'samtalekafe', '2024-07-01', 30, 2, 'online'),
    ('2 July', 'samtalekafe', '2024-07-02', 60, 4, 'in_person'),
    ('kafe in June', 'kafe', '2024-06-29', 60, 4, 'in_person'),
    ('kafe in July', 'kafe', '2024-07-03', 60, 4, 'in_person'),
    ('31 December before', 'samtalekafe', '2023-12-31', 60, 4, 'in_person'),
    ('the published type', 'talk_group', '2024-05-01', 60, 4, 'in_person'),
    ('the published type later', 'talk_group', '2024-08-01', 60, 4, 'in_person'),
    ('another category', 'walking_group', '2024-05-01', 60, 4, 'in_person')
) as activity (name, activity_type, day, minutes, participants, mode);
select is(
    (select reasons from pg_temp.found('2023-01-01', '2024-12-31') where activity_id = tests.id('activity', given.name)),
    given.reasons, 'a rule that changes in July: ' || given.name
)
from (
    values
    ('30 June', '{}'::text[]), ('1 July', '{too_short,too_few_participants,not_in_person}'), ('2 July', '{}'),
    ('kafe in June', '{no_category}'), ('kafe in July', '{}'), ('31 December before', '{no_category}'),
    ('the published type', '{no_category}'), ('the published type later', '{no_category}'), ('another category', '{}')
) as given (name, reasons);
select is(
    (select reasons from pg_temp.found('2024-03-01', '2024-03-31') where activity_id = tests.id('activity', '45 minutes and three')),
    '{no_category}', 'an organisation''s own rule stands instead of the published one of that category'
);

-- A day at a time: the rule of that day, though it begins or ends with it.
select is(
    (select reasons from pg_temp.found(given.day, given.day) where activity_id = tests.id('activity', given.name)), given.reasons,
    format('%s by itself', given.name)
)
from (
    values
    ('30 June', date '2024-06-30', '{}'::text[]), ('1 July', '2024-07-01', '{too_short,too_few_participants,not_in_person}')
) as given (name, day, reasons);
-- A type that the organisation counts as something else than the published rules do.
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2024-09-01', '{conversation}');
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('activity', 'their own word'), tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'conversation', '2024-09-01', 60);
select is(
    (select category from pg_temp.found('2024-09-01', '2024-09-01') where activity_id = tests.id('activity', 'their own word')),
    'activity_group', 'its own rule goes before the published one'
);
delete from public.activities where id = tests.id('activity', 'their own word');

-- The sums.
delete from public.grant_rules where organisation_id is not null;
select results_eq(
    $$
    select
        category, activities, counted, points, participants, minutes, too_short, too_few_participants, not_in_person, not_led_by_peer,
        not_in_norway, no_category, voided, disputed, duplicate
    from public.get_grant_summary(tests.id('organisation', 'north'), '2024-03-01', '2024-03-31')
    $$,
    $$
    values
    ('outreach_conversation', 6::bigint, 2::bigint, 2::bigint, 2::bigint, 61::bigint, 0::bigint, 0::bigint, 2::bigint, 0::bigint,
        0::bigint, 0::bigint, 1::bigint, 1::bigint, 0::bigint),
    ('conversation_group', 5, 2, 2, 6, 90, 2, 2, 0, 0, 0, 0, 0, 0, 0),
    ('activity_group', 3, 2, 2, 6, 90, 0, 0, 0, 1, 0, 0, 0, 0, 0),
    ('peer_course', 6, 2, 2, 2, 180, 2, 0, 0, 0, 3, 0, 1, 1, 0),
    (null, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0)
    $$,
    'the summary adds up: by category, with how many fail each rule'
);
select results_eq(
    $$
    select category, to_jsonb(summary) - 'category'
    from public.get_grant_summary(tests.id('organisation', 'south'), '2025-03-01', '2025-03-01') as summary
    $$,
    $$
    select category, '{
        "activities": 0, "counted": 0, "points": 0, "participants": 0, "minutes": 0, "too_short": 0, "too_few_participants": 0,
        "not_in_person": 0, "not_led_by_peer": 0, "not_in_norway": 0, "no_category": 0, "voided": 0, "disputed": 0, "duplicate": 0
    }'::jsonb
    from unnest(array['outreach_conversation', 'conversation_group', 'activity_group', 'peer_course']) with ordinality as known (category, place)
    order by place
    $$,
    'a quiet day has a row of zeros for each category'
);
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'south'), tests.id('mentor', 'sara'), 'conversation', '2025-04-01', 30
from generate_series(1, 3);
select results_eq(
    $$ select activities, counted, duplicate from public.get_grant_summary(tests.id('organisation', 'south'), '2025-04-01', '2025-04-01') limit 1 $$,
    $$ values (3::bigint, 1::bigint, 2::bigint) $$, 'of what was registered three times two are duplicates'
);
select results_eq(
    $$ select count(*), min(total_count) from public.list_grant_activities(tests.id('organisation', 'north'), '2024-03-01', '2024-03-31', 5, 20) $$,
    $$ values (2::bigint, 22::bigint) $$, 'the list pages, and each row says how many there are'
);
select results_eq(
    $$
    select sum(activities)::bigint, sum(counted)::bigint, sum(points)::bigint
    from public.get_grant_summary(tests.id('organisation', 'north'), '2023-01-01', '2025-12-31')
    $$,
    $$
    select count(*), count(*) filter (where is_counted), sum(points) from pg_temp.found('2023-01-01', '2025-12-31')
    $$,
    'the summary and the list agree'
);
select results_eq(
    $$ select activity_id from pg_temp.found('2023-01-01', '2025-12-31') $$,
    $$ select activity_id from pg_temp.found('2023-01-01', '2025-12-31') order by occurred_on, activity_id $$, 'the list is from the first day on'
);
select is(
    (select count(*) from public.list_grant_activities(tests.id('organisation', 'north'), '2024-03-01', '2024-03-31', 5, 3)), 5::bigint,
    'no more than asked for'
);
select is(
    tests.outcome(
        'service_role', null,
        format('select count(*) from public.list_grant_activities(%L, %L, %L)', tests.id('organisation', 'north'), given.first, given.last)
    ),
    outcome, format('from %s to %s: %s', given.first, given.last, outcome)
)
from (
    values
    ('2024-02-01', '2024-01-31', '22023'), ('2024-02-01', '2024-02-01', '1'), ('1990-01-01', date '1990-01-01' + 3659, '1'),
    ('1990-01-01', date '1990-01-01' + 3660, '22023'), ('1969-12-31', '1970-01-01', '22023'), ('1970-01-01', '1970-01-01', '1'),
    ('2199-12-31', '2199-12-31', '1'), ('2199-12-31', '2200-01-01', '22023'), (null, '2024-01-31', '22023'), ('2024-01-31', null, '22023')
) as given (first, last, outcome);
select throws_ok(
    format('select public.list_grant_activities(%L, ''2024-01-01'', ''2024-12-31'', %s)', tests.id('organisation', 'north'), page),
    '22023', null, 'not a page: ' || page
)
from unnest(array['1001', '10, -1', 'null']) as page;
select * from finish();
rollback;
