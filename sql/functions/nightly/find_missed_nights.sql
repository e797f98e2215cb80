-- Definer: looks at all organisations, for the service role alone.
create or replace function public.find_missed_nights(
    as_of timestamptz default clock_timestamp(),
    jobs text[] default null
)
returns setof public.missed_night
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    with zone as materialized (
        select organisation.id, organisation.time_zone, organisation.created_at
        from public.organisations as organisation
        union all
        -- What is for all together goes by the clocks of Norway.
        select null, 'Europe/Oslo', null
    ),
    -- Once through the ledger. Named by the caller: a job that a later version no longer has is not missed for ever.
    ledger as materialized (
        select
            run.job,
            run.organisation_id,
            -- Begun on its own date: a date that somebody asked for does not make nights expected.
            min(run.business_date) filter (
                where run.business_date = (run.first_started_at at time zone coalesce(zone.time_zone, 'Europe/Oslo'))::date
            ) as first_on,
            max(run.business_date) filter (
                where run.business_date <= (run.first_started_at at time zone coalesce(zone.time_zone, 'Europe/Oslo'))::date
            ) as last_on
        from public.job_runs as run
        left join zone on zone.id = run.organisation_id
        where
            find_missed_nights.jobs is null
            or run.job = any (find_missed_nights.jobs)
        group by run.job, run.organisation_id
    ),
    known as materialized (
        select
            ledger.job,
            bool_and(ledger.organisation_id is null) as is_for_all,
            min(ledger.first_on) filter (where ledger.organisation_id is not null) as organisations_first_on,
            max(ledger.last_on) filter (where ledger.organisation_id is not null) as organisations_last_on,
            min(ledger.first_on) filter (where ledger.organisation_id is null) as first_on
        from ledger
        group by ledger.job
    ),
    -- A job that has rows for organisations is expected of each of them; its row for all together goes with theirs.
    expected as materialized (
        select
            known.job,
            zone.id as organisation_id,
            case
                when known.is_for_all then known.first_on
                -- A night takes all organisations that there are: one without a row came after the last one.
                else coalesce(
                    (
                        select min(run.business_date)
                        from public.job_runs as run
                        where
                            run.job = known.job
                            and run.organisation_id = zone.id
                            and run.business_date >= known.organisations_first_on
                    ),
                    greatest(
                        known.organisations_last_on + 1,
                        (zone.created_at at time zone zone.time_zone)::date + 1
                    )
                )
            end as first_on,
            (find_missed_nights.as_of at time zone zone.time_zone)::date - 1 as last_on
        from known
        inner join zone on known.is_for_all = (zone.id is null)
        where known.is_for_all or known.organisations_first_on is not null
    ),
    -- Again once through the ledger: of most nothing is missing, and only for the rest dates are compared one by one.
    incomplete as materialized (
        select expected.job, expected.organisation_id, expected.first_on, expected.last_on
        from expected
        left join public.job_runs as run
            on
                run.job = expected.job
                and coalesce(run.organisation_id, '00000000-0000-0000-0000-000000000000')
                = coalesce(expected.organisation_id, '00000000-0000-0000-0000-000000000000')
                and run.business_date between expected.first_on and expected.last_on
                and run.state not in ('running', 'failed')
        where expected.first_on <= expected.last_on
        group by expected.job, expected.organisation_id, expected.first_on, expected.last_on
        having count(run.id) < expected.last_on - expected.first_on + 1
    )
    select
        night.business_date::date,
        incomplete.job,
        incomplete.organisation_id,
        run.state,
        run.reason,
        count(*) over ()
    from incomplete
    cross join lateral
        generate_series(incomplete.first_on::timestamp, incomplete.last_on::timestamp, '1 day') as night (business_date)
    left join public.job_runs as run
        on
            run.job = incomplete.job
            and run.business_date = night.business_date::date
            and run.organisation_id is not distinct from incomplete.organisation_id
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
