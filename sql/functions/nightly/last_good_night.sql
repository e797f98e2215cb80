create or replace function private.last_good_night(
    jobs text[] default null,
    as_of timestamptz default clock_timestamp()
)
returns date
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_jobs text[] := coalesce(last_good_night.jobs, array(select distinct run.job from public.job_runs as run));
    v_known int;
    v_date date := private.business_date(null, last_good_night.as_of) + 1;
    v_is_good boolean;
begin
    select count(*)
    into v_known
    from unnest(v_jobs) as known (job)
    where exists (select from public.job_runs as run where run.job = known.job);

    -- Backwards from tonight: mostly the first that there is.
    loop
        select max(run.business_date)
        into v_date
        from public.job_runs as run
        where run.business_date < v_date;
        exit when v_date is null;

        select
            bool_and(run.state in ('ran', 'caught_up', 'skipped'))
            -- A night that was broken off has no rows for the rest of its jobs.
            and count(distinct run.job) = v_known
        into v_is_good
        from public.job_runs as run
        where run.business_date = v_date and run.job = any (v_jobs);
        exit when v_is_good;
    end loop;
    return v_date;
end
$$;

comment on function private.last_good_night is
'The last date, up to today, all of whose jobs (of these; null: of any) ended well, or null. For our functions and the runner.';
revoke all on function private.last_good_night from public, anon, authenticated, service_role;
