create or replace function private.finish_job(
    job text,
    business_date date,
    outcome text,
    reason text default null,
    details jsonb default '{}',
    organisation_ids uuid[] default null,
    error_code text default null
)
returns setof public.job_runs
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not coalesce(finish_job.outcome in ('done', 'failed', 'skipped'), false) then
        raise exception using
            errcode = '22023',
            message = 'outcome must be done, failed or skipped.';
    end if;

    return query
    update public.job_runs as run
    set
        state = case
            when finish_job.outcome <> 'done' then finish_job.outcome
            -- By when it began: a night that ends after midnight was not late.
            when run.business_date < private.business_date(run.organisation_id, run.started_at) then 'caught_up'
            else 'ran'
        end,
        reason = left(
            case
                when finish_job.outcome = 'failed'
                    then coalesce(finish_job.reason, private.safe_error_text(finish_job.error_code))
                else finish_job.reason
            end, 500
        ),
        details = coalesce(finish_job.details, '{}'),
        finished_at = greatest(clock_timestamp(), run.started_at)
    where
        run.job = finish_job.job
        and run.business_date = finish_job.business_date
        and run.state = 'running'
        and (
            run.organisation_id = any (finish_job.organisation_ids)
            or (finish_job.organisation_ids is null and run.organisation_id is null)
        )
    returning run.*;
    if not found and coalesce(cardinality(finish_job.organisation_ids), 1) > 0 then
        raise exception using
            errcode = 'PT404',
            message = format('The job %s for %s was not begun.', finish_job.job, finish_job.business_date),
            hint = 'Call begin_job first, for the same organisations.';
    end if;
end
$$;

comment on function private.finish_job is
'Enters how a job that was begun ended: done (the ledger says ran, or caught_up when its date was past), failed or
skipped, which need a reason; for failed the sentence for error_code will do. Never a raw message. Errors: PT404 not
begun, 22023, 23514 without a reason. For the runner.';
revoke all on function private.finish_job from public, anon, authenticated, service_role;
