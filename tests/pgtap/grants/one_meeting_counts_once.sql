-- The same meeting registered more than once, and what only looks like it.
begin;
select tests.make_two_organisations();
select tests.make_mentor('kari', 'north');
create temporary table cases (meeting int, name text, mentor text, activity_type text, minutes int, participants int, place text, event text, is_counted boolean);
insert into cases values
-- The app says which meeting it was.
(1, 'first', 'olga', 'talk_group', 60, 5, null, 'a', true),
(1, 'second mentor, same event', 'berit', 'talk_group', 75, 6, 'house', 'a', false),
(2, 'morning', 'olga', 'talk_group', 60, 5, 'house', 'b', true),
(2, 'evening, another event', 'olga', 'talk_group', 60, 5, 'house', 'c', true),
-- What fails does not stand for what does not.
(3, 'too short, registered first', 'olga', 'talk_group', 30, 5, null, 'd', false),
(3, 'the other mentor', 'berit', 'talk_group', 60, 5, null, 'd', true),
-- It says nothing: the same mentor, place and type.
(4, 'own entry', 'olga', 'talk_group', 60, 5, null, null, true),
(4, 'by proxy, other length', 'olga', 'talk_group', 65, 5, null, null, false),
(5, 'one place', 'olga', 'talk_group', 60, 5, 'house', null, true),
(5, 'another place', 'olga', 'talk_group', 60, 5, 'library', null, true),
-- Another mentor: only where place, length and participants are the same.
(6, 'one mentor', 'olga', 'talk_group', 60, 5, 'house', null, true),
(6, 'the other', 'berit', 'talk_group', 60, 5, 'house', null, false),
(7, 'one mentor, no place', 'olga', 'talk_group', 60, 5, null, null, true),
(7, 'the other, no place', 'berit', 'talk_group', 60, 5, null, null, true),
(8, 'five participants', 'olga', 'talk_group', 60, 5, 'house', null, true),
(8, 'six participants', 'berit', 'talk_group', 60, 6, 'house', null, true),
-- With and without an event.
(9, 'without, and first', 'olga', 'talk_group', 60, 5, null, null, false),
(9, 'with', 'olga', 'talk_group', 60, 5, null, 'e', true),
-- Conversations are many a day: only what is the same in everything.
(10, 'half an hour', 'olga', 'conversation', 30, 1, null, null, true),
(10, 'half an hour again', 'olga', 'conversation', 30, 1, null, null, false),
(10, 'three quarters', 'olga', 'conversation', 45, 1, null, null, true),
(10, 'somebody else''s', 'berit', 'conversation', 30, 1, null, null, true),
(11, 'half an hour, an event', 'olga', 'conversation', 30, 1, null, 'f', true),
(11, 'half an hour, another event', 'olga', 'conversation', 30, 1, null, 'g', true);
alter table cases add number int generated always as identity;
insert into public.activities (
    id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, place, event_id, created_at
)
select
    tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', mentor), activity_type,
    date '2024-05-01' + meeting, minutes, participants, place, tests.id('event', event), timestamptz '2024-06-01' + number * interval '1 minute'
from cases;
create temporary view found as
select * from public.list_grant_activities(tests.id('organisation', 'north'), '2024-01-01', '2024-12-31', 1000);

select plan(10 + (select count(*)::int from cases));
select is((select is_counted from found where activity_id = tests.id('activity', cases.name)), cases.is_counted, cases.meeting || ': ' || cases.name)
from cases order by number;
select results_eq(
    $$ select reasons, duplicate_of from found where activity_id = tests.id('activity', 'second mentor, same event') $$,
    $$ values ('{duplicate}'::text[], tests.id('activity', 'first')) $$, 'a duplicate names what stands for it'
);
select is(
    (select reasons from found where activity_id = tests.id('activity', 'too short, registered first')),
    '{too_short,duplicate}', 'it may fail by itself, too'
);
update public.activities set voided_at = now() where id = tests.id('activity', 'first');
select is(
    (select is_counted from found where activity_id = tests.id('activity', 'second mentor, same event')), true,
    'when the one that stands is voided, the other counts'
);
select is(
    (select reasons from found where activity_id = tests.id('activity', 'first')), '{voided}', 'and the voided one is no duplicate'
);
-- What is void stands for nothing, not even for what fails.
insert into public.activities (
    id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, place, event_id, created_at, voided_at
)
select
    tests.id('activity', format('%s %s', what, number)), tests.id('organisation', 'north'), tests.id('mentor', mentor), 'talk_group', day, 30, 5,
    place, tests.id('event', event), timestamptz '2024-06-02' + number * interval '1 minute', case when number = 1 then now() end
from (values ('event', date '2024-06-01', null, 'h'), ('place', '2024-06-02', 'house', null)) as meeting (what, day, place, event)
cross join (values (1, 'olga'), (2, 'berit'), (3, 'kari')) as registration (number, mentor);
select results_eq(
    format(
        'select duplicate_of from found where activity_id = any (array[%L, %L, %L]::uuid[]) order by array_position(array[%2$L, %3$L, %1$L]::uuid[], activity_id)',
        tests.id('activity', what || ' 1'), tests.id('activity', what || ' 2'), tests.id('activity', what || ' 3')
    ),
    array[null, tests.id('activity', what || ' 2'), null], 'the first of those that are not void stands for the others: ' || what
)
from unnest(array['event', 'place']) as what;

-- A course of three days: a point a day, or one for the whole.
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, event_id)
select tests.id('activity', day::text), tests.id('organisation', 'north'), tests.id('mentor', mentor), 'peer_course', day, 120, tests.id('event', 'course')
from generate_series(date '2024-08-01', '2024-08-03', '1 day') as day, unnest(array['olga']) as mentor;
select is(
    (select sum(points) from found where activity_type = 'peer_course'), 3::bigint, 'a course of three days is three points'
);
select public.set_grant_rule(
    tests.id('organisation', 'north'), 'peer_course', '2024-01-01', '{peer_course}', null, 90, 1, counted_per => 'activity'
);
select results_eq(
    $$ select points from found where activity_type = 'peer_course' order by occurred_on $$, array[1, 0, 0],
    'or one, where a rule counts the whole'
);
update public.activities set duration_minutes = 89 where activity_type = 'peer_course' and occurred_on = '2024-08-01';
select results_eq(
    $$ select points from found where activity_type = 'peer_course' order by occurred_on $$, array[0, 1, 0],
    'where its first day fails, the first that counts has it'
);
update public.activities set duration_minutes = 90 where activity_type = 'peer_course';
select is(
    (select counted from public.get_grant_summary(tests.id('organisation', 'north'), '2024-01-01', '2024-12-31') where category = 'peer_course'),
    3::bigint, 'its days count all the same'
);
select * from finish();
rollback;
