create or replace function private.end_night(
    night_at timestamptz default clock_timestamp()
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_today date := private.business_date(null, end_night.night_at);
    v_jobs text[] := array(select step.job from private.night_steps() as step);
    v_failed text;
begin
    select string_agg(failed.job, ', ' order by failed.job)
    into v_failed
    from (
        select run.job
        from public.job_runs as run
        where
            run.state = 'failed'
            and run.job = any (v_jobs)
            and (run.started_at = end_night.night_at or run.business_date = v_today)
        union
        select missed.job
        from public.find_missed_nights(end_night.night_at, v_jobs) as missed
        where missed.state = 'failed'
    ) as failed;

    if v_failed is not null then
        perform private.raise_alert(
            'nightly_failed',
            'warning',
            format('Steps of the nightly run of %s failed: %s. They are retried in the next night.', v_today, replace(v_failed, '_', ' ')),
            'nightly_failed',
            null,
            jsonb_build_object('business_date', v_today, 'jobs', to_jsonb(string_to_array(v_failed, ', ')))
        );
    else
        -- The problem is over; the next one is news.
        update public.ops_alerts as alert
        set acknowledged_at = clock_timestamp()
        where
            alert.dedupe_key = 'nightly_failed'
            and alert.acknowledged_at is null;
    end if;
    perform pg_advisory_unlock(hashtextextended('peerledger nightly', 0));
end
$$;

comment on function private.end_night is
'Alerts of steps that failed in this night, today or in a night not made up for yet; when there is none, closes the alert of an
earlier night. Then gives back the lock that begin_night took. For the runner.';
revoke all on function private.end_night from public, anon, authenticated, service_role;
