-- What fills a database with years, for bench/years.py. Two mentors in five belong to the first organisation.
create function pg_temp.mentor_id(number bigint) returns uuid language sql immutable
as $$ select md5('mentor ' || number)::uuid $$;

create function pg_temp.organisation_of(number bigint) returns uuid language sql immutable
as $$ select md5('org ' || case when number % 5 < 2 then 0 else 1 + number % 19 end)::uuid $$;

-- The mentor of an entry: scattered, the same each time.
create function pg_temp.mentor_of(number bigint, mentors int) returns bigint language sql immutable
as $$ select number * 7919 % mentors $$;

-- Entries are spread evenly over 72 months, the newest first.
create function pg_temp.moment(number bigint, entries bigint) returns timestamptz language sql stable
as $$ select now() - number * (interval '72 months' / entries) $$;

create procedure pg_temp.add_people(mentors int) language sql
as $$
    insert into public.organisations (id, slug, name)
    select md5('org ' || number)::uuid, 'scale-' || number, 'Scale'
    from generate_series(0, 19) as number;
    insert into public.chapters (id, organisation_id, name)
    select md5('chapter ' || organisation || ' ' || number)::uuid, md5('org ' || organisation)::uuid, 'Chapter ' || number
    from generate_series(0, 19) as organisation, generate_series(0, 9) as number;
    -- One for each organisation, one for five of them, and one for a chapter.
    insert into public.coordinator_assignments (organisation_id, user_id, chapter_id)
    select md5('org ' || number)::uuid, md5('coordinator ' || number)::uuid, null::uuid
    from generate_series(0, 19) as number
    union all
    select md5('org ' || number)::uuid, md5('coordinator of five')::uuid, null::uuid
    from generate_series(0, 4) as number
    union all
    select md5('org 0')::uuid, md5('coordinator of a chapter')::uuid, md5('chapter 0 0')::uuid;
    insert into public.peer_mentors (id, organisation_id, chapter_id, user_id, display_name, created_at)
    select
        pg_temp.mentor_id(number), pg_temp.organisation_of(number),
        case when number % 5 < 2 then md5('chapter 0 ' || (number / 5) % 10)::uuid end,
        md5('user ' || number)::uuid, 'Scale', now() - interval '3 years' - number % 1000 * interval '1 day'
    from generate_series(0, mentors - 1) as number;
    insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
    select pg_temp.organisation_of(number), pg_temp.mentor_id(number), current_date - 400, current_date + number % 700
    from generate_series(0, mentors - 1) as number;
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    select
        organisation.id, 'badge-' || number, 'Badge ' || number,
        case number % 6
            when 0 then jsonb_build_object('metric', 'activity_count', 'at_least', number * 15)
            when 1 then jsonb_build_object('metric', 'minutes_total', 'at_least', number * 600)
            when 2 then jsonb_build_object('metric', 'distinct_days', 'at_least', number * 12)
            when 3 then jsonb_build_object('metric', 'activity_count', 'at_least', number + 8, 'within_days', 30)
            when 4 then jsonb_build_object('metric', 'tenure_days', 'at_least', number * 365)
            else jsonb_build_object('metric', 'consecutive_weeks', 'at_least', number * 3)
        end
    from public.organisations as organisation, generate_series(1, 10) as number;
$$;

-- Of two years, of some mentors, as a file is loaded: in statements that are neither small nor huge.
create procedure pg_temp.add_activities(first_mentor int, last_mentor int, each int) language sql
as $$
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
    select
        pg_temp.organisation_of(mentor), pg_temp.mentor_id(mentor),
        (array['visit', 'phone_call', 'group_meeting'])[1 + number % 3],
        current_date - 730 + number * 730 / each, 30 + number % 60
    from generate_series(first_mentor, last_mentor) as mentor, generate_series(0, each - 1) as number;
$$;

create procedure pg_temp.add_evaluations(mentors int, entries bigint) language sql
as $$
    insert into public.badge_evaluation_logs (
        peer_mentor_id, org_id, triggered_at, badges_evaluated, criteria_outcomes, error_message, duration_ms, source
    )
    select
        pg_temp.mentor_id(pg_temp.mentor_of(number, mentors)), pg_temp.organisation_of(pg_temp.mentor_of(number, mentors)),
        pg_temp.moment(number, entries), sample.badges_evaluated, sample.criteria_outcomes,
        case when number % 500 = 0 then 'Something unexpected failed. (unknown)' end, 1 + number % 40, 'activity_insert'
    from
        generate_series(1, entries - 1) as number,
        (select * from public.badge_evaluation_logs limit 1) as sample;
$$;

create procedure pg_temp.add_proxies(mentors int, entries bigint) language sql
as $$
    insert into public.proxy_audit_log (
        proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, "timestamp", payload_snapshot, organisation_id
    )
    select
        md5('activity ' || number)::uuid, case when number % 20 = 0 then 'updated' else 'created' end,
        md5('coordinator ' || number % 40)::uuid, pg_temp.mentor_id(pg_temp.mentor_of(number, mentors)),
        pg_temp.moment(number, entries),
        jsonb_build_object(
            'id', md5('activity ' || number)::uuid, 'occurred_on', pg_temp.moment(number, entries)::date,
            'activity_type', 'visit', 'duration_minutes', 45
        ),
        pg_temp.organisation_of(pg_temp.mentor_of(number, mentors))
    from generate_series(1, entries - 1) as number;
$$;

create procedure pg_temp.add_attempts(mentors int, entries bigint) language sql
as $$
    insert into public.hlf_sync_audit_log (
        organisation_id, mentor_id, operation, dynamics_response_code, outcome, triggered_by_event, created_at
    )
    select
        pg_temp.organisation_of(pg_temp.mentor_of(number, mentors)), pg_temp.mentor_id(pg_temp.mentor_of(number, mentors)),
        case when number % 2 = 0 then 'remove' else 'restore' end, case when number % 30 = 0 then 503 else 204 end,
        case when number % 30 = 0 then 'failure' else 'success' end,
        case when number % 2 = 0 then 'status_change:paused' else 'status_change:active' end,
        pg_temp.moment(number, entries)
    from generate_series(1, entries - 1) as number;
$$;

create function pg_temp.nights() returns table (on_day date, started_at timestamptz, finished_at timestamptz)
language sql stable
as $$
    select day::date, day + interval '2 hours', day + interval '121 minutes'
    from generate_series(date_trunc('day', now()) - interval '72 months', now(), '1 day') as day
$$;

-- Each night has its run, and each run what it did for each organisation.
create procedure pg_temp.add_nights(mentors int, entries bigint) language sql
as $$
    insert into public.certification_expiry_audit_log (
        run_id, mentor_id, event_type, old_status, new_status, threshold_days, "timestamp", organisation_id
    )
    select
        md5('run ' || pg_temp.moment(number, entries)::date)::uuid, pg_temp.mentor_id(pg_temp.mentor_of(number, mentors)),
        case when number % 4 = 0 then 'status_transitioned' else 'reminder_dispatched' end,
        case when number % 4 = 0 then 'active'::public.mentor_status end,
        case when number % 4 = 0 then 'expired_cert'::public.mentor_status end,
        (array[30, 14, 7])[nullif(number % 4, 0)], pg_temp.moment(number, entries),
        pg_temp.organisation_of(pg_temp.mentor_of(number, mentors))
    from generate_series(1, entries - 1) as number;
    insert into public.certification_expiry_runs (run_id, as_of, started_at, finished_at, status, is_local_today)
    select md5('run ' || night.on_day)::uuid, night.on_day, night.started_at, night.finished_at, 'succeeded', true
    from pg_temp.nights() as night;
    insert into private.certification_run_totals (run_id, organisation_id, transitioned, reminders_sent, failures)
    select
        run_id, organisation_id, count(*) filter (where event_type = 'status_transitioned'),
        count(*) filter (where event_type = 'reminder_dispatched'), 0
    from public.certification_expiry_audit_log
    group by run_id, organisation_id;
    insert into public.job_runs (
        organisation_id, job, business_date, state, started_at, finished_at, first_started_at
    )
    select organisation.id, job.name, night.on_day, 'ran', night.started_at, night.finished_at, night.started_at
    from pg_temp.nights() as night
    cross join public.organisations as organisation
    cross join unnest(array['certification_expiry', 'badge_reconciliation']) as job (name)
    where night.on_day < current_date;
$$;
