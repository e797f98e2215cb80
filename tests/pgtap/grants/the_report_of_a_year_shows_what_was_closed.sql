-- Figure by figure, while the year is open and after it was closed.
begin;
select plan(20);
select tests.make_two_organisations();
insert into public.activities (
    id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, place, event_id, role, voided_at
)
select
    tests.id('activity', name), mentor.organisation_id, mentor.id, activity_type, day, minutes, participants, place,
    tests.id('event', event), role, voided_at
from (
    values
    ('new year''s day', 'olga', 'conversation', date '2024-01-01', 30, 1, null, null, null, null::timestamptz),
    ('with an event', 'olga', 'conversation', '2024-01-31', 30, 1, null, 'e', null, null),
    ('leap day', 'olga', 'conversation_group', '2024-02-29', 45, 3, null, null, null, null),
    ('leap day again', 'olga', 'conversation_group', '2024-02-29', 46, 3, null, null, null, null),
    ('march', 'olga', 'activity_group', '2024-03-01', 45, 3, null, null, 'leader', null),
    ('void', 'olga', 'conversation', '2024-05-01', 30, 1, null, null, null, now()),
    ('june', 'berit', 'peer_course', '2024-06-30', 90, 1, 'oslo', null, null, null),
    ('august', 'berit', 'peer_course', '2024-08-01', 90, 1, 'oslo', null, null, null),
    ('july', 'berit', 'peer_course', '2024-07-01', 90, 1, null, null, null, null),
    ('new year''s eve', 'olga', 'activity_group', '2024-12-31', 45, 3, null, null, null, null),
    ('none', 'berit', 'gardening', '2024-06-01', 45, 3, null, null, null, null),
    ('before', 'olga', 'conversation', '2023-12-31', 30, 1, null, null, null, null),
    ('after', 'olga', 'conversation', '2025-01-01', 30, 1, null, null, null, null),
    ('elsewhere', 'sara', 'conversation', '2024-01-05', 30, 1, null, null, null, null)
) as activity (name, mentor, activity_type, day, minutes, participants, place, event, role, voided_at)
inner join public.peer_mentors as mentor on mentor.id = tests.id('mentor', activity.mentor);
-- Rules of before, of the last day and of after; and of somebody else.
insert into public.grant_rules (organisation_id, category, valid_from, valid_to, activity_types)
values (tests.id('organisation', 'north'), 'activity_group', '2023-01-01', '2023-12-31', '{tur}');
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2024-12-31', '{activity_group}', null, 45, 3);
select public.set_grant_rule(tests.id('organisation', 'north'), 'peer_course', '2025-01-01', '{kurs}');
select public.set_grant_rule(tests.id('organisation', 'south'), 'peer_course', '2024-06-01', '{kurs}');
insert into public.organisation_settings (organisation_id, grant_leader_counts, locale)
values (tests.id('organisation', 'south'), true, 'en');

-- Another year of it is closed, and this one of somebody else.
select public.close_grant_year(tests.id('organisation', 'north'), 2023);
select public.close_grant_year(tests.id('organisation', 'south'), 2024);
create function pg_temp.report() returns jsonb language sql as $$ select private.grant_year_report(tests.id('organisation', 'north'), 2024) $$;
create temporary table open as select pg_temp.report() as report;
select set_eq(
    'select jsonb_object_keys(report) from open',
    array['organisation', 'year', 'made_at', 'closed', 'summary', 'months', 'rules', 'unknown'], 'it says all of this'
);
select is(
    report -> 'organisation',
    jsonb_build_object(
        'id', tests.id('organisation', 'north'), 'slug', 'north', 'name', 'north', 'time_zone', 'Europe/Oslo', 'locale', 'nb',
        'leader_counts', false
    ), 'whose it is, as nobody set it otherwise'
)
from open;
select is(report -> 'year', '2024', 'the year') from open;
select is((report ->> 'made_at')::timestamptz between now() and clock_timestamp(), true, 'and when it was made') from open;
select is(report -> 'closed', 'null', 'which is not closed') from open;
select results_eq(
    $$
    select month ->> 'starts_on', month -> 'points'
    from open cross join jsonb_array_elements(report -> 'months') with ordinality as month (month, position)
    order by position
    $$,
    $$
    select
        to_char(make_date(2024, month, 1), 'YYYY-MM-DD'),
        '{"outreach_conversation": 0, "conversation_group": 0, "activity_group": 0, "peer_course": 0}'::jsonb || case month
            when 1 then '{"outreach_conversation": 2}' when 2 then '{"conversation_group": 1}' when 3 then '{"activity_group": 1}'
            when 6 then '{"peer_course": 1}' when 7 then '{"peer_course": 1}' when 8 then '{"peer_course": 1}' when 12 then '{"activity_group": 1}' else '{}'
        end::jsonb
    from generate_series(1, 12) as month
    $$,
    'month by month, each with its first and last day'
);
select results_eq(
    $$
    select rule ->> 'category', (rule ->> 'is_own')::boolean, rule ->> 'valid_from' > '2024'
    from open cross join jsonb_array_elements(report -> 'rules') with ordinality as rule (rule, position)
    order by position
    $$,
    $$
    values
    ('activity_group', false, false), ('activity_group', true, true), ('conversation_group', false, false),
    ('outreach_conversation', false, false), ('peer_course', false, false)
    $$,
    'the rules that held on any of its days'
);
select is(
    report -> 'unknown', '{"role": 2, "groups": 3, "place": 1, "course_days": 3, "event": 7, "counted": 8}',
    'and of how many of what counts it is not recorded'
)
from open;
select results_eq(
    $$ select summary ->> 'category', summary -> 'counted', summary -> 'duplicate'
    from open cross join jsonb_array_elements(report -> 'summary') with ordinality as one (summary, position) order by position $$,
    $$ values ('outreach_conversation', '2'::jsonb, '0'::jsonb), ('conversation_group', '1', '1'), ('activity_group', '2', '0'), ('peer_course', '3', '0'), (null, '0', '0') $$,
    'the sums are in the order of the published rules'
);

-- The list.
create function pg_temp.list() returns setof public.grant_activity language sql as $$
    select * from private.grant_year_list(tests.id('organisation', 'north'), 2024)
$$;
create temporary table listed as select * from pg_temp.list();
select results_eq(
    'select activity_id, occurred_on, points, reasons from listed order by occurred_on, activity_id',
    $$
    select activity_id, occurred_on, points, reasons
    from public.list_grant_activities(tests.id('organisation', 'north'), '2024-01-01', '2024-12-31')
    order by occurred_on, activity_id
    $$,
    'while the year is open it is as it is counted now'
);
select is((select count(*) from listed), 11::bigint, 'from its first day to its last');

select public.close_grant_year(tests.id('organisation', 'north'), 2024);
-- Somebody who may add to the log says so again.
set local role service_role;
insert into public.administrative_changes (organisation_id, subject_kind, subject_id, change_kind, details)
select tests.id('organisation', 'north'), 'grant_year', tests.id('organisation', 'north'), 'closed', '{"year": 2024, "points": 7}';
reset role;
update public.activities set voided_at = now() where id = tests.id('activity', 'leap day');
insert into public.organisation_settings (organisation_id, grant_leader_counts, locale)
values (tests.id('organisation', 'north'), true, 'nn');

select set_eq('select * from pg_temp.list()', 'select * from listed', 'of a closed year it is the list that was kept, in every field');
select is_empty(
    $$
    select activity_id from private.grant_activities(tests.id('organisation', 'north'), '2024-01-01', '2024-12-31')
    where to_jsonb(grant_activities) - 'total_count' = private.grant_line(grant_activities)::jsonb is not true
    $$,
    'of which a line says everything'
);
create temporary table closed as select pg_temp.report() as report;
select is(
    closed.report - array['closed', 'made_at', 'organisation'], open.report - array['closed', 'made_at', 'organisation'],
    'so the figures stay as they were'
)
from open cross join closed;
select is(report -> 'organisation' ->> 'locale', 'nn', 'in the organisation''s language') from closed;
select is(report #> '{organisation,leader_counts}', 'true', 'its leaders count') from closed;
select is(
    report -> 'closed',
    (
        select to_jsonb(kept) || jsonb_build_object('list_sha256', kept.sha256)
        from public.grant_years as kept
        where kept.organisation_id = tests.id('organisation', 'north') and kept.year = 2024
    ) || jsonb_build_object(
        'entry_id', (
            select entry.id
            from public.administrative_changes as entry
            where
                entry.organisation_id = tests.id('organisation', 'north') and entry.subject_kind = 'grant_year'
                and entry.details @> '{"year": 2024}' and entry.details ? 'sha256'
        )
    ),
    'what was put on record, and the entry that it was'
)
from closed;

-- Nothing is a list, too.
select results_eq(
    $$ select activities, counted, points, sha256 from public.close_grant_year(tests.id('organisation', 'south'), 2022) $$,
    $$ values (0::bigint, 0::bigint, 0::bigint, encode(sha256(''), 'hex')) $$, 'a year without activities is closed with none'
);
select is(private.grant_list_sha256(tests.id('organisation', 'south'), 2022), encode(sha256(''), 'hex'), 'and its list is as it was hashed');
select is_empty($$ select from private.grant_year_list(tests.id('organisation', 'south'), 2022) $$, 'an empty one');
select * from finish();
rollback;
