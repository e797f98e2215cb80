create or replace function private.finish_step(
    job text,
    night_at timestamptz,
    outcome text,
    reason text default null,
    error_code text default null,
    details jsonb default '{}',
    organisations jsonb default '{}',
    business_date date default null
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_some_failed constant text := 'It failed for some organisations.';
    v_some_failed boolean;
begin
    v_some_failed := exists (
        select
        from public.job_runs as run
        where
            run.job = finish_step.job
            and run.started_at = finish_step.night_at
            and run.state = 'running'
            and finish_step.organisations #>> array[run.organisation_id::text, 'outcome'] = 'failed'
    );
    -- What one run did for several dates is counted with the last of them.
    perform private.finish_job(
        run.job,
        run.business_date,
        case
            when run.organisation_id is null and v_some_failed then 'failed'
            else coalesce(own.outcome, finish_step.outcome)
        end,
        case
            when run.organisation_id is null and v_some_failed then c_some_failed
            when own.outcome is null then finish_step.reason
            else own.reason
        end,
        case
            when run.business_date < run.last_on then jsonb_build_object('done_with', run.last_on)
            when run.organisation_id is null then finish_step.details
            else own.details
        end,
        case when run.organisation_id is not null then array[run.organisation_id] end,
        finish_step.error_code
    )
    from (
        select
            begun.job, begun.business_date, begun.organisation_id,
            max(begun.business_date) over (partition by begun.organisation_id) as last_on
        from public.job_runs as begun
        where
            begun.job = finish_step.job
            and begun.started_at = finish_step.night_at
            and begun.state = 'running'
            and (finish_step.business_date is null or begun.business_date = finish_step.business_date)
    ) as run
    left join lateral jsonb_to_record(finish_step.organisations -> run.organisation_id::text) as own (
        outcome text, reason text, details jsonb
    ) on true;
end
$$;

comment on function private.finish_step is
'Enters how a step that begin_step has begun ended, for all its dates or the given one: done, failed or skipped. details are
those of the row for all together; organisations is an object that has, by organisation id, what is different for each: outcome,
reason, and its own details. Errors: as finish_job. For the runner and our functions.';
revoke all on function private.finish_step from public, anon, authenticated, service_role;
