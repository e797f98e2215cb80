-- For pg_cron, which has no runner: the same ledger as runner/peerledger/nightly.py keeps, for the jobs that are SQL only.
create or replace function private.run_nightly_job(
    job text,
    as_of timestamptz default clock_timestamp()
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_dates date[];
    v_since timestamptz;
    v_organisation_ids uuid[];
    v_date date;
    v_outcome text := 'done';
    v_error_code text;
begin
    if not coalesce(run_nightly_job.job in ('certification_expiry', 'badge_reconciliation', 'log_partitions'), false) then
        raise exception using
            errcode = '22023',
            message = 'The job must be certification_expiry, badge_reconciliation or log_partitions.',
            hint = 'What speaks with Dynamics needs the runner: peerledger nightly.';
    end if;
    -- Keeps other nights out, and alerts of those that were missed.
    perform private.begin_night(array[run_nightly_job.job], run_nightly_job.as_of);

    if run_nightly_job.job <> 'log_partitions' then
        v_organisation_ids := array(select organisation.id from public.organisations as organisation);
    end if;
    select min(good.started_at)
    into v_since
    from (
        select max(run.started_at) as started_at
        from public.job_runs as run
        where run.job = run_nightly_job.job and run.state in ('ran', 'caught_up')
        group by run.organisation_id
    ) as good;

    -- Tonight first, as the runner does: a mentor gets the one reminder that fits today.
    v_date := private.business_date(null, run_nightly_job.as_of);
    v_dates := v_date || array(
        select distinct missed.business_date
        from public.find_missed_nights(run_nightly_job.as_of, array[run_nightly_job.job]) as missed
        where missed.business_date <> v_date
        order by missed.business_date
    );
    foreach v_date in array v_dates loop
        perform private.begin_job(run_nightly_job.job, v_date, v_organisation_ids, v_date = v_dates[1], run_nightly_job.as_of);
    end loop;

    begin
        case run_nightly_job.job
            when 'certification_expiry' then
                foreach v_date in array v_dates loop
                    perform public.run_certification_expiry(nullif(v_date, v_dates[1]));
                end loop;
            when 'badge_reconciliation' then
                perform public.reconcile_badges(least(now() - interval '24 hours', v_since));
            else
                perform private.ensure_log_partitions();
        end case;
    -- The ledger has to say so; pg_cron would only roll everything back.
    exception when others then
        v_outcome := 'failed';
        v_error_code := sqlstate;
    end;

    foreach v_date in array v_dates loop
        perform private.finish_job(
            run_nightly_job.job, v_date, v_outcome, organisation_ids => v_organisation_ids, error_code => v_error_code
        )
        where exists (
            select
            from public.job_runs as run
            where run.job = run_nightly_job.job and run.business_date = v_date and run.state = 'running'
        );
    end loop;
    if v_outcome = 'failed' then
        perform private.report_night(v_dates[1], array[run_nightly_job.job]);
    end if;
    perform private.end_night();
    return v_outcome;
end
$$;

comment on function private.run_nightly_job is
'Does a nightly job that needs no runner, for tonight and what was missed, and enters it into the ledger: returns done or
failed. For pg_cron: certification_expiry, badge_reconciliation, log_partitions. Errors: 22023, PL004.';
revoke all on function private.run_nightly_job from public, anon, authenticated, service_role;
