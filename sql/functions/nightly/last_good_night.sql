create or replace function private.last_good_night()
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
        group by run.business_date
        having bool_and(run.state in ('ran', 'caught_up', 'skipped'))
    ) as night
$$;

comment on function private.last_good_night is
'The last date all of whose jobs ended well, or null. For the runner.';
revoke all on function private.last_good_night from public, anon, authenticated, service_role;
