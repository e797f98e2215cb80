begin;
select plan(9);
select tests.make_two_organisations();
delete from public.activities;
insert into public.activities (
    id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes, participant_count, created_at
)
select
    tests.id('activity', name), tests.id('organisation', organisation), tests.id('mentor', mentor), tests.id('user', coordinator), activity_type,
    day::date, 60, 5, '2026-08-01'
from (
    values
    ('january', 'north', 'olga', 'nina', 'conversation', '2026-01-31'), ('february', 'north', 'olga', null, 'talk_group', '2026-02-01'),
    ('march', 'north', 'berit', 'nina', 'gardening', '2026-03-31'), ('april', 'north', 'berit', null, 'conversation', '2026-04-01'),
    ('south', 'south', 'sara', null, 'conversation', '2026-02-01')
) as activity (name, organisation, mentor, coordinator, activity_type, day);
create function pg_temp.report(from_date date, to_date date) returns jsonb
language sql
as $$ select public.get_compliance_report(tests.id('organisation', 'north'), from_date, to_date) $$;
create temporary table activities as select pg_temp.report('2026-01-01', '2026-03-31') -> 'activities' as found;

select is(
    (select found - array['series', 'by_category', 'by_chapter', 'closed_years'] from activities),
    '{"activities": 3, "counted": 2, "points": 2}', 'those of its own days, whenever they were registered'
);
select is(
    (select found -> 'series' from activities),
    '[{"starts_on": "2026-01-01", "counted": 1, "not_counted": 0, "points": 1},
    {"starts_on": "2026-02-01", "counted": 1, "not_counted": 0, "points": 1},
    {"starts_on": "2026-03-01", "counted": 0, "not_counted": 1, "points": 0}]',
    'month by month of the day on which they took place'
);
select is(
    (select jsonb_agg(jsonb_build_array(row_data.value -> 'category', row_data.value -> 'counted', row_data.value -> 'no_category'))
    from activities, jsonb_array_elements(found -> 'by_category') as row_data),
    '[["outreach_conversation", 1, 0], ["conversation_group", 1, 0], ["activity_group", 0, 0], ["peer_course", 0, 0], [null, 0, 1]]',
    'by category'
);
select is(
    (select found -> 'by_chapter' from activities),
    '[{"chapter": "oslo", "activities": 2, "counted": 2, "points": 2, "mentors": 1},
    {"chapter": "bergen", "activities": 1, "counted": 0, "points": 0, "mentors": 1}]', 'by chapter'
);
select is(
    (
        select array_agg((step.value ->> 'counted')::int order by step.value ->> 'starts_on')
        from jsonb_array_elements(pg_temp.report('2026-01-30', '2026-02-02') #> '{activities,series}') as step
    ),
    array[0, 1, 1, 0], 'a short period by day'
);

insert into public.proxy_disputes (organisation_id, activity_id, mentor_id, reason_code, opened_at, outcome, resolved_at)
select
    tests.id('organisation', 'north'), tests.id('activity', activity), tests.id('mentor', mentor), reason_code, opened_at::timestamptz, outcome,
    resolved_at::timestamptz
from (
    values
    ('january', 'olga', 'not_me', '2026-02-28 23:59+01', 'upheld', '2026-03-01 23:59+01'),
    ('march', 'berit', 'not_me', '2026-03-31 23:59:59+02', 'rejected', '2026-04-01 00:00+02'),
    ('january', 'olga', 'wrong_day', '2026-04-02 00:00+02', null, null)
) as dispute (activity, mentor, reason_code, opened_at, outcome, resolved_at);
create temporary table disputes as select pg_temp.report('2026-01-01', '2026-03-31') -> 'disputes' as found;
select is(
    (select found - array['by_reason', 'oldest_open_at'] from disputes),
    '{"opened": 2, "upheld": 1, "rejected": 0, "open_now": 1, "median_seconds": 86400.000000}', 'disputes of the period, and what is open now'
);
select is(
    (select found -> 'by_reason' -> 0 from disputes), '{"reason_code": "not_me", "opened": 2, "upheld": 1, "rejected": 0}', 'by reason'
);
select is((select jsonb_array_length(found -> 'by_reason') from disputes), 6, 'each reason, zeros included');
select ok(
    pg_temp.report('2026-01-01', '2026-03-31') -> 'attention'
    @> '[{"section": "disputes", "reason": "disputes_open", "count": 1}]', 'what nobody has settled needs attention'
);
select * from finish();
rollback;
