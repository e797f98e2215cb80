create or replace function private.begin_job(
    job text,
    business_date date,
    organisation_ids uuid[] default null,
    again boolean default false,
    as_of timestamptz default clock_timestamp()
)
returns setof public.job_runs
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into public.job_runs as run (organisation_id, job, business_date, started_at, first_started_at)
    select distinct organisation_id, begin_job.job, begin_job.business_date, begin_job.as_of, begin_job.as_of
    from unnest(coalesce(begin_job.organisation_ids, array[null]::uuid[])) as organisation_id
    on conflict on constraint one_row_for_an_organisation_job_and_date do update
    set
        state = 'running',
        reason = null,
        attempts = run.attempts + 1,
        started_at = excluded.started_at,
        finished_at = null,
        details = '{}'
    where begin_job.again or run.state in ('running', 'failed')
    returning run.*
$$;

comment on function private.begin_job is
'Enters into the ledger that a job begins for this date: one row for each organisation, or without any, one for all
together. Returns the rows that there is work for: not those done or skipped already, unless asked to do it again. One
that is still running belongs to a runner that was killed. Commit before the work; then finish_job. For the runner.';
revoke all on function private.begin_job from public, anon, authenticated, service_role;
