-- Definer: looks at all organisations, for the service role alone.
create or replace function public.find_missed_nights(
    as_of timestamptz default clock_timestamp(),
    jobs text[] default null
)
returns table (
    business_date date,
    job text,
    organisation_id uuid,
    state text,
    reason text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with known as (
        select
            run.job,
            run.organisation_id is null as is_for_all,
            -- Begun on its own date: a date that somebody asked for does not make nights expected.
            min(run.business_date) filter (
                where run.business_date = private.business_date(run.organisation_id, run.first_started_at)
            ) as first_on,
            max(run.business_date) filter (
                where run.business_date <= private.business_date(run.organisation_id, run.first_started_at)
            ) as last_on
        from public.job_runs as run
        -- Named by the runner: one that a later version no longer has is not missed for ever.
        where
            find_missed_nights.jobs is null
            or run.job = any (find_missed_nights.jobs)
        group by 1, 2
    ),
    expected as (
        select
            known.job,
            null::uuid as organisation_id,
            known.first_on,
            private.business_date(null, find_missed_nights.as_of) - 1 as last_on
        from known
        where known.is_for_all
        union all
        select
            known.job,
            organisation.id,
            -- A night takes all organisations that there are: one without a row came after the last one.
            coalesce(
                (
                    select min(run.business_date)
                    from public.job_runs as run
                    where
                        run.job = known.job
                        and run.organisation_id = organisation.id
                        and run.business_date >= known.first_on
                ),
                greatest(
                    known.last_on + 1,
                    (organisation.created_at at time zone organisation.time_zone)::date + 1
                )
            ),
            (find_missed_nights.as_of at time zone organisation.time_zone)::date - 1
        from known
        cross join public.organisations as organisation
        where not known.is_for_all and known.first_on is not null
    )
    select
        night.business_date::date,
        expected.job,
        expected.organisation_id,
        run.state,
        run.reason
    from expected
    cross join lateral
        generate_series(expected.first_on::timestamp, expected.last_on::timestamp, '1 day') as night (business_date)
    left join public.job_runs as run
        on
            run.job = expected.job
            and run.business_date = night.business_date::date
            and run.organisation_id is not distinct from expected.organisation_id
    where run.id is null or run.state in ('running', 'failed')
    order by 1, 2, 3
$$;

comment on function public.find_missed_nights is
'Lists the nights before today that a job missed, oldest first.
It has no row for them, failed in them, or was killed in them: what is to be caught up. A job is expected from the
first night on that was begun on its own date, of an organisation from its first one, or from the night after it was
added; given jobs, only those. Callable by service_role.';
revoke all on function public.find_missed_nights from public, anon, authenticated, service_role;
grant execute on function public.find_missed_nights to service_role;
