create or replace function private.problems_of_certification_runs(
    at timestamptz,
    organisation_id uuid
)
returns setof private.problem
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        'certification_run_unfinished',
        'warning',
        null::uuid,
        format('The expiry run for %s did not finish.', run.as_of),
        'peerledger nightly; the server''s log says why it ended',
        1::bigint,
        run.started_at
    from public.certification_expiry_runs as run
    where
        -- A run is of all organisations.
        problems_of_certification_runs.organisation_id is null
        and run.status <> 'succeeded'
        and (run.status <> 'running' or run.started_at < problems_of_certification_runs.at - interval '1 hour')
        and not exists (
            select
            from public.certification_expiry_runs as later
            where later.status = 'succeeded' and later.started_at > run.started_at
        )
    order by run.started_at
$$;

comment on function private.problems_of_certification_runs is
'Expiry runs that were killed and that no later one has made up for. For private.status_problems only.';
revoke all on function private.problems_of_certification_runs from public, anon, authenticated, service_role;
