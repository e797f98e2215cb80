-- Definer: makes tables, which only the owner may.
create or replace function private.ensure_log_partitions(
    months_ahead int default 6
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_log record;
    v_before bigint := (select count(*) from pg_inherits);
begin
    if not coalesce(ensure_log_partitions.months_ahead between 0 and 120, false) then
        raise exception using
            errcode = '22023',
            message = 'months_ahead must be between 0 and 120.';
    end if;

    for v_log in
        select log.log_name, month.first_day
        from private.logs as log
        cross join (
            -- The default partition first: a row that fits nowhere is kept, not lost.
            select null::date as first_day
            union all
            select generate_series(
                date_trunc('month', now() at time zone 'utc'),
                date_trunc('month', now() at time zone 'utc') + make_interval(months => ensure_log_partitions.months_ahead),
                '1 month'
            )::date
        ) as month
        order by log.log_name, month.first_day nulls first
    loop
        call private.create_log_partition(v_log.log_name, v_log.first_day);
    end loop;

    return (select count(*) from pg_inherits) - v_before;
end
$$;

comment on function private.ensure_log_partitions is
'Makes the missing monthly partitions of every log, this month and months_ahead more. Returns how many tables and '
'indexes it attached. Error: 22023. For the runner.';
revoke all on function private.ensure_log_partitions from public, anon, authenticated, service_role;
