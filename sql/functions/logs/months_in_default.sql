-- A wrong clock may have written a month of the year 2199: that one stays where it is. And no more than two years at a
-- time, the newest first: each month is a table with its indexes, and the next night goes on.
create or replace function private.months_in_default(
    log_name text,
    time_column text
)
returns date[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_months date[];
    v_default regclass := (
        select part.partition
        from private.log_partitions(months_in_default.log_name) as part
        where part.is_default
    );
begin
    -- As good as always. To look for its entries is to read the whole log.
    if coalesce(pg_relation_size(v_default), 0) = 0 then
        return '{}'::date[];
    end if;
    -- Through the log: its partitions have no policy for anybody.
    execute format(
        'select array_agg(found.month) from ('
        'select distinct date_trunc(''month'', %1$I at time zone ''utc'')::date as month from public.%2$I '
        'where tableoid = $1 and %1$I between now() - interval ''20 years'' and now() + interval ''10 years'' '
        'order by 1 desc limit 24) as found',
        months_in_default.time_column, months_in_default.log_name
    )
    into v_months
    using v_default;
    return coalesce(v_months, '{}'::date[]);
end
$$;

comment on function private.months_in_default is
'The months (first days) of the entries that are in a log''s default partition, the 24 newest. For our functions only.';
revoke all on function private.months_in_default from public, anon, authenticated, service_role;
