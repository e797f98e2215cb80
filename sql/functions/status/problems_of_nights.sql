create or replace function private.problems_of_nights(
    at timestamptz,
    organisation_id uuid
)
returns setof private.problem
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_action constant text := 'peerledger nightly, and see that peerledger worker or the timer runs';
    v_jobs text[] := array(select step.job from private.night_steps() as step);
    v_missed record;
    v_failed record;
    v_last_at timestamptz;
begin
    if not exists (select from public.organisations) then
        return;
    end if;
    if not exists (select from public.job_runs as run where run.job = any (v_jobs)) then
        return query
        select
            'no_night_yet', 'warning', problems_of_nights.organisation_id, 'The nightly jobs have never run.', c_action, null::bigint,
            null::timestamptz;
        return;
    end if;

    select
        count(distinct missed.business_date) as nights,
        min(missed.business_date) as first_on,
        string_agg(distinct missed.business_date::text, ', ' order by missed.business_date::text)
        filter (where missed.place <= 3) as dates
    into v_missed
    from (
        select found.business_date, dense_rank() over (order by found.business_date) as place
        from public.find_missed_nights(problems_of_nights.at, v_jobs) as found
        where problems_of_nights.organisation_id is null or found.organisation_id = problems_of_nights.organisation_id
    ) as missed;
    if v_missed.nights > 0 then
        return query
        select
            'nights_missed',
            'warning',
            problems_of_nights.organisation_id,
            format(
                'Nights that are not accounted for: %s%s.',
                v_missed.dates, case when v_missed.nights > 3 then format(' and %s more', v_missed.nights - 3) else '' end
            ),
            c_action,
            v_missed.nights,
            v_missed.first_on::timestamp at time zone 'Europe/Oslo';
    end if;

    -- One that goes on now is not broken off, nor late.
    if private.is_night_in_progress() then
        return;
    end if;
    select
        count(*) as steps,
        string_agg(distinct replace(run.job, '_', ' '), ', ' order by replace(run.job, '_', ' ')) as jobs,
        min(run.started_at) as since
    into v_failed
    from public.job_runs as run
    where
        run.state in ('failed', 'running')
        and run.job = any (v_jobs)
        and run.business_date >= private.business_date(null, problems_of_nights.at) - 1
        and run.business_date = private.business_date(run.organisation_id, problems_of_nights.at)
        and (problems_of_nights.organisation_id is null or run.organisation_id = problems_of_nights.organisation_id);
    if v_failed.steps > 0 then
        return query
        select
            'night_failed',
            'warning',
            problems_of_nights.organisation_id,
            format('Tonight these steps failed or were interrupted: %s.', v_failed.jobs),
            'peerledger nightly',
            v_failed.steps,
            v_failed.since;
    elsif v_missed.nights = 0 then
        select max(run.started_at)
        into v_last_at
        from public.job_runs as run
        where
            run.business_date >= private.business_date(null, problems_of_nights.at) - 7
            and run.state in ('ran', 'caught_up', 'skipped')
            and run.job = any (v_jobs)
            and (problems_of_nights.organisation_id is null or run.organisation_id = problems_of_nights.organisation_id);
        if v_last_at < problems_of_nights.at - interval '26 hours' or v_last_at is null then
            return query
            select
                'night_late', 'warning', problems_of_nights.organisation_id, 'No nightly run was completed within the last 26 hours.',
                c_action, null::bigint, v_last_at;
        end if;
    end if;
end
$$;

comment on function private.problems_of_nights is
'Nights that are missing, failed or late. For private.status_problems only.';
revoke all on function private.problems_of_nights from public, anon, authenticated, service_role;
