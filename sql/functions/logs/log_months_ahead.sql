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
    select log.log_name, count(child.relname)::int
    from private.logs as log
    left join pg_inherits as part on part.inhparent = to_regclass(format('public.%I', log.log_name))
    left join pg_class as child
        on
            child.oid = part.inhrelid
            and substring(child.relname from '[0-9]{4}_[0-9]{2}$') > to_char(now() at time zone 'utc', 'YYYY_MM')
    group by log.log_name
$$;

comment on function private.log_months_ahead is
'For how many months after this one each log has a partition. For our functions and the runner.';
revoke all on function private.log_months_ahead from public, anon, authenticated, service_role;
