create or replace function private.last_good_night(
    jobs text[] default null,
    as_of timestamptz default clock_timestamp()
)
returns date
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select max(night.business_date)
    from (
        select run.business_date
        from public.job_runs as run
        where
            run.business_date <= private.business_date(null, last_good_night.as_of)
            and (last_good_night.jobs is null or run.job = any (last_good_night.jobs))
        group by run.business_date
        having
            bool_and(run.state in ('ran', 'caught_up', 'skipped'))
            -- A night that was broken off has no rows for the rest of its jobs.
            and count(distinct run.job) = (
                select count(distinct known.job)
                from public.job_runs as known
                where last_good_night.jobs is null or known.job = any (last_good_night.jobs)
            )
    ) as night
$$;

comment on function private.last_good_night is
'The last date, up to today, all of whose jobs (of these; null: of any) ended well, or null. For the runner.';
revoke all on function private.last_good_night from public, anon, authenticated, service_role;
