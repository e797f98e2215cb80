-- Entries at both sides of the local midnights at which a period begins and ends, one of them after the clocks have gone forward.
begin;
select plan(5);
select tests.make_two_organisations();
create temporary table entries as
select *
from (
    values
    ('north', 'created', 'nina', 'olga', timestamptz '2026-02-28 22:59:59.999999Z', '2026-02-28'),
    ('north', 'created', 'nina', 'olga', '2026-02-28 23:00Z', '2026-03-01'),
    ('north', 'bulk_created', 'nina', 'berit', '2026-03-01 22:59:59.999999Z', '2026-02-27'),
    ('north', 'bulk_created', 'nina', 'olga', '2026-03-01 23:00Z', '2026-03-29'),
    ('north', 'updated', 'oskar', 'olga', '2026-03-29 21:59:59.999999Z', '2026-03-02'),
    ('north', 'updated', 'nina', 'olga', '2026-03-29 22:00Z', '2026-03-02'),
    -- Between the two midnights of that day in Havana, the second of which begins it.
    ('north', 'created', 'nina', 'olga', '2025-11-02 04:30Z', '2025-11-01'),
    ('south', 'created', 'sven', 'sara', '2026-03-10 12:00Z', '2026-03-10')
) as entry (organisation, event_type, coordinator, mentor, at, occurred_on);
insert into public.proxy_audit_log (
    proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, "timestamp", payload_snapshot, organisation_id
)
select
    gen_random_uuid(), event_type, tests.id('user', coordinator), tests.id('mentor', mentor), at,
    jsonb_build_object('occurred_on', occurred_on), tests.id('organisation', organisation)
from entries;
-- A row of a series for each day or month; what is not given is nothing.
create function pg_temp.series(days date[], given jsonb) returns jsonb language sql
as $$
    select jsonb_agg(
        jsonb_build_object('starts_on', day, 'created', 0, 'bulk_created', 0, 'updated', 0) || coalesce(given -> day::text, '{}') order by day
    )
    from unnest(days) as day
$$;
create function pg_temp.report(from_date date, to_date date, time_zone text default 'Europe/Oslo') returns jsonb language sql
as $$ select private.report_proxy(tests.id('organisation', 'north'), from_date, to_date, time_zone) $$;

select is(
    pg_temp.report('2026-03-01', '2026-03-29'),
    jsonb_build_object(
        'created', 1, 'bulk_created', 2, 'updated', 1, 'mentors', 2,
        -- Of the activities themselves two are of these days.
        'took_place', 2,
        'by_coordinator', jsonb_build_array(
            jsonb_build_object(
                'coordinator_id', tests.id('user', 'nina'), 'registered', 3, 'updated', 0, 'mentors', 2,
                'first_at', timestamptz '2026-02-28 23:00Z', 'last_at', timestamptz '2026-03-01 23:00Z'
            ),
            jsonb_build_object(
                'coordinator_id', tests.id('user', 'oskar'), 'registered', 0, 'updated', 1, 'mentors', 1,
                'first_at', timestamptz '2026-03-29 21:59:59.999999Z', 'last_at', timestamptz '2026-03-29 21:59:59.999999Z'
            )
        ),
        'series', pg_temp.series(
            array(select generate_series(date '2026-03-01', '2026-03-29', '1 day')::date),
            '{
                "2026-03-01": {"created": 1, "bulk_created": 1}, "2026-03-02": {"bulk_created": 1}, "2026-03-29": {"updated": 1}
            }'
        )
    ),
    'by day'
);
select is(
    pg_temp.report('2026-01-15', '2026-04-10') -> 'series',
    pg_temp.series(
        '{2026-01-15,2026-02-01,2026-03-01,2026-04-01}',
        '{"2026-02-01": {"created": 1}, "2026-03-01": {"created": 1, "bulk_created": 2, "updated": 2}}'
    ),
    'by month, the first of which is not whole'
);
select is(
    pg_temp.report('2026-01-01', '2026-01-02'),
    jsonb_build_object(
        'created', 0, 'bulk_created', 0, 'updated', 0, 'mentors', 0, 'took_place', 0, 'by_coordinator', '[]'::jsonb,
        'series', pg_temp.series('{2026-01-01,2026-01-02}', '{}')
    ),
    'of days without any, zeros'
);
select is(
    (
        select string_agg(one ->> 'coordinator_id', ' ')
        from jsonb_array_elements(pg_temp.report('2026-03-29', '2026-03-30') -> 'by_coordinator') as one
    ),
    (select string_agg(id::text, ' ' order by id) from unnest(array[tests.id('user', 'nina'), tests.id('user', 'oskar')]) as id),
    'whoever did the same stands in the order of the ids'
);
select is(
    pg_temp.report('2025-10-31', '2025-11-01', 'America/Havana') -> 'series',
    pg_temp.series('{2025-10-31,2025-11-01}', '{"2025-11-01": {"created": 1}}'),
    'what is of the period is of one of its days, also where midnight comes twice'
);
select * from finish();
rollback;
