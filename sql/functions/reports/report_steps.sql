create or replace function private.report_steps(
    from_date date,
    to_date date,
    time_zone text
)
returns table (
    starts_on date,
    starts_at timestamptz,
    ends_at timestamptz
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        step.first_day,
        step.first_day::timestamp at time zone report_steps.time_zone,
        step.next_day::timestamp at time zone report_steps.time_zone
    from (select private.report_unit(report_steps.from_date, report_steps.to_date) as unit) as chosen
    cross join lateral generate_series(
        date_trunc(chosen.unit, report_steps.from_date::timestamp),
        report_steps.to_date::timestamp,
        ('1 ' || chosen.unit)::interval
    ) as start (starts)
    -- A month of which only a part is asked for is that part.
    cross join lateral (
        select
            greatest(start.starts::date, report_steps.from_date) as first_day,
            least((start.starts + ('1 ' || chosen.unit)::interval)::date, report_steps.to_date + 1) as next_day
    ) as step
    order by step.first_day
$$;

comment on function private.report_steps is
'The days, or for a long period the months, of a report, each from local midnight to local midnight. For our functions only.';
revoke all on function private.report_steps from public, anon, authenticated, service_role;
