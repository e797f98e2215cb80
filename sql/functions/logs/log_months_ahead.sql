create or replace function private.log_months_ahead()
returns table (
    log_name text,
    months int
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select log.log_name, count(part.partition)::int
    from private.logs as log
    left join private.log_partitions() as part on part.partitioned_log = log.log_name and part.starts_at > now()
    group by log.log_name
$$;

comment on function private.log_months_ahead is
'For how many months after this one each log has a partition. For our functions and the runner.';
revoke all on function private.log_months_ahead from public, anon, authenticated, service_role;
