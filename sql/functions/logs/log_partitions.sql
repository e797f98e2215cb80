-- By the catalog's bounds and never by a name: anyone who can migrate can rename a table. The texts of bounds depend on
-- the time zone and the date style, hence the settings.
create or replace function private.log_partitions(
    log_name text default null
)
returns table (
    partitioned_log text,
    partition regclass,
    starts_at timestamptz,
    ends_at timestamptz,
    is_default boolean
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
    select
        log.log_name,
        child.oid::regclass,
        substring(bound.words from 'FROM \(''([^'']+)''\)')::timestamptz,
        substring(bound.words from 'TO \(''([^'']+)''\)')::timestamptz,
        bound.words = 'DEFAULT'
    from private.logs as log
    inner join pg_inherits as part on part.inhparent = to_regclass(format('public.%I', log.log_name))
    inner join pg_class as child on child.oid = part.inhrelid
    cross join lateral (select pg_get_expr(child.relpartbound, child.oid) as words) as bound
    where log_partitions.log_name is null or log.log_name = log_partitions.log_name
$$;

comment on function private.log_partitions is
'The partitions of a log, or of each one, with their bounds; a bound is null where there is none. For our functions only.';
revoke all on function private.log_partitions from public, anon, authenticated, service_role;
