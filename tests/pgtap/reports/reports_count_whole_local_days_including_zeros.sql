begin;
select plan(22);
select tests.make_two_organisations();
update public.organisations set time_zone = 'Pacific/Auckland' where slug = 'south';
create function pg_temp.report(organisation text, from_date date, to_date date) returns jsonb
language sql as $$ select public.get_compliance_report(tests.id('organisation', report.organisation), from_date, to_date) $$;
-- The clocks go forward on 29 March 2026 in Oslo (23 hours).
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source, triggered_at, error_message)
select tests.id('mentor', entry.mentor), tests.id('organisation', entry.organisation), 1, entry.source, entry.at::timestamptz, entry.error
from (
    values
    ('olga', 'north', 'manual', '2026-03-28 23:59:59.999+01', null),
    ('olga', 'north', 'manual', '2026-03-29 00:00:00+01', null),
    ('berit', 'north', 'reconciliation', '2026-03-29 23:59:59.999+02', 'It failed.'),
    ('berit', 'north', 'reconciliation', '2026-03-30 00:00:00+02', null),
    ('sara', 'south', 'manual', '2026-06-01 12:30:00+00', null)
) as entry (mentor, organisation, source, at, error);
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (
    tests.id('badge', 'first'), tests.id('organisation', 'north'), 'first', 'First', '{"metric": "activity_count", "at_least": 1000}'
);
insert into public.earned_badges (
    organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on, earned_at, revoked_at
)
values (
    tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('badge', 'first'), 1, '[]', '2026-03-29',
    '2026-03-29 12:00+02', '2026-04-01 12:00+02'
);
insert into public.hlf_sync_audit_log (organisation_id, mentor_id, operation, outcome, triggered_by_event, created_at)
values (
    tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'remove', 'dead_lettered', 'status_change:paused', '2026-03-29 23:30+02'
);
insert into public.hlf_removals (organisation_id, mentor_id, wanted_at, confirmed_at)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), '2026-03-29 10:00+02', '2026-03-29 10:00+02'::timestamptz + taken
from unnest(array[interval '60 s', '61 s', '2 days']) as taken;
insert into public.proxy_audit_log (
    proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, "timestamp", payload_snapshot, organisation_id
)
select gen_random_uuid(), event_type, tests.id('user', 'nina'), tests.id('mentor', 'olga'), '2026-03-29 01:00+01', '{}', tests.id('organisation', 'north')
from unnest(array['created', 'bulk_created', 'bulk_created', 'updated']) as event_type;

insert into public.certification_expiry_audit_log (run_id, mentor_id, event_type, "timestamp", error_message, organisation_id)
select gen_random_uuid(), tests.id('mentor', entry.mentor), entry.event_type, entry.at::timestamptz, entry.error, tests.id('organisation', entry.organisation)
from (
    values
    ('olga', 'north', 'status_transitioned', '2026-03-28 23:59:59.999+01', null),
    ('olga', 'north', 'status_transitioned', '2026-03-29 00:00:00+01', null),
    ('berit', 'north', 'reminder_dispatched', '2026-03-29 12:00:00+02', null),
    ('berit', 'north', 'reminder_failed', '2026-03-29 23:59:59.999+02', 'It failed.'),
    ('berit', 'north', 'reminder_dispatched', '2026-03-30 00:00:00+02', null),
    ('sara', 'south', 'status_transitioned', '2026-03-29 12:00:00+02', null)
) as entry (mentor, organisation, event_type, at, error);

create temporary table day as select pg_temp.report('north', '2026-03-29', '2026-03-29') as report;
select is(
    (select (report -> 'badges') - '{by_source,failures_by_message}'::text[] from day),
    '{"evaluations": 2, "failures": 1, "mentors": 2, "awards": 1, "awards_logged": 0, "revocations": 0,
      "series": [{"starts_on": "2026-03-29", "evaluations": 2, "failures": 1, "awards": 1}]}'::jsonb,
    'a day of 23 hours, from midnight to midnight'
);
select is(
    (select report #> '{badges,by_source}' from day),
    '[{"source": "activity_insert", "evaluations": 0, "awards": 0}, {"source": "activity_update", "evaluations": 0, "awards": 0},
      {"source": "reconciliation", "evaluations": 1, "awards": 0}, {"source": "manual", "evaluations": 1, "awards": 0}]'::jsonb,
    'causes that did not occur are zeros'
);
select is(
    (select report #> '{badges,failures_by_message}' from day), '[{"error_message": "It failed.", "entries": 1}]'::jsonb, 'why'
);
select is(
    (
        select
            jsonb_build_object(
                'transitioned', found.section -> 'transitioned', 'reminders_sent', found.section -> 'reminders_sent',
                'failures', found.section -> 'failures', 'series', found.section -> 'series'
            )
        from (select report -> 'certifications' as section from day) as found
    ),
    '{"transitioned": 1, "reminders_sent": 1, "failures": 1,
      "series": [{"starts_on": "2026-03-29", "transitioned": 1, "reminders_sent": 1, "failures": 1}]}'::jsonb,
    'expiries and reminders, by the same day'
);
select is(
    (select report #> '{certifications,failures_by_message}' from day),
    '[{"event_type": "reminder_failed", "error_message": "It failed.", "entries": 1}]'::jsonb, 'and why'
);
select is(
    (select report #> '{website_sync,series}' from day),
    '[{"starts_on": "2026-03-29", "success": 0, "failure": 0, "dead_lettered": 1}]'::jsonb, 'attempts'
);
select is(
    (select array_agg((bucket ->> 'removals')::int order by position) from day, jsonb_array_elements(report #> '{website_sync,removal_times}') with ordinality as one (bucket, position)),
    array[1, 1, 0, 0, 0, 0, 1], 'each removal is in one class; a bound belongs to the class below'
);
select is(
    (select (report #> '{website_sync,removals}') - '{still_open,cancelled,longest_open_seconds,p95_seconds}'::text[] from day),
    '{"confirmed": 3, "median_seconds": 61.000000, "worst_seconds": 172800.000000}'::jsonb, 'how long removals took'
);
select is(
    (select (report -> 'proxy') - '{by_coordinator,series}'::text[] from day),
    '{"created": 1, "bulk_created": 2, "updated": 1, "mentors": 1, "took_place": 0}'::jsonb, 'proxy registrations'
);
select is(
    (select (report #> '{proxy,by_coordinator,0}') - '{first_at,last_at}'::text[] from day),
    jsonb_build_object('coordinator_id', tests.id('user', 'nina'), 'registered', 3, 'updated', 1, 'mentors', 1), 'by coordinator'
);
select is(
    (select (report #> '{dead_letters,0}') - 'oldest_open_at' from day),
    '{"queue": "website_sync", "kind": "remove", "in_period": 1, "open_now": 0}'::jsonb, 'dead letters'
);
select is((select jsonb_array_length(report -> 'dead_letters') from day), 9, 'of every kind, zeros included');
select is(
    pg_temp.report('north', '2026-04-01', '2026-04-01') #> '{badges,revocations}', '1', 'a revocation counts on its own day'
);

select is(pg_temp.report('south', '2026-06-02', '2026-06-02') #> '{badges,evaluations}', '1', 'half past noon UTC is tomorrow in Auckland');
select is(pg_temp.report('south', '2026-06-01', '2026-06-01') #> '{badges,evaluations}', '0', 'and not today');

select is(
    (select array_agg(step ->> 'starts_on') from jsonb_array_elements(pg_temp.report('north', '2026-01-15', '2026-04-02') #> '{badges,series}') as step),
    array['2026-01-15', '2026-02-01', '2026-03-01', '2026-04-01'], 'a long period is counted by month, its ends cut off'
);
select is(
    (select array_agg((step ->> 'evaluations')::int) from jsonb_array_elements(pg_temp.report('north', '2026-01-15', '2026-04-02') #> '{badges,series}') as step),
    array[0, 0, 4, 0], 'with zeros'
);
select is(
    jsonb_array_length(pg_temp.report('north', '2026-01-01', '2026-03-03') #> '{badges,series}'), 62, 'a short one by day'
);
select is(
    (
        select array_agg(distinct jsonb_array_length(series.value))
        from jsonb_path_query(pg_temp.report('north', '2026-01-01', '2026-12-31'), '$.*.series') as series (value)
    ),
    array[12], 'every section by the same steps'
);
select is(
    (select jsonb_agg(total) from jsonb_path_query(pg_temp.report('north', '2023-01-01', '2023-12-31'), '$.*.series[*].*') as total where jsonb_typeof(total) = 'number' and total <> '0'),
    null, 'an empty period is all zeros'
);
select is(
    pg_temp.report('north', '2150-01-01', '2150-01-02') #>> '{certifications,nights_by_state,to_come}', '2', 'so is the future, whose nights are to come'
);
select is(
    (select array_agg(log ->> 'log_name' order by log ->> 'log_name') from day, jsonb_array_elements(report #> '{retention,logs}') as log),
    (select array_agg(log_name order by log_name) from private.logs), 'every log there is'
);
select finish();
rollback;
