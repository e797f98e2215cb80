-- Definer: reads logs, holds and partitions as their owner.
create or replace function private.log_months()
returns table (
    log_name text,
    month date,
    is_past_floor boolean,
    is_held boolean
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_month record;
begin
    for v_month in
        select
            log.log_name as name,
            log.time_column,
            log.organisation_column,
            part.inhrelid as relation,
            to_date(substring(child.relname from '[0-9]{4}_[0-9]{2}$'), 'YYYY_MM') as first_day,
            log.retention_months
        from private.logs as log
        inner join pg_inherits as part on part.inhparent = to_regclass(format('public.%I', log.log_name))
        inner join pg_class as child on child.oid = part.inhrelid
        where child.relname ~ ('^' || log.log_name || '_[0-9]{4}_[0-9]{2}$')
        order by 1, 5
    loop
        log_months.log_name := v_month.name;
        log_months.month := v_month.first_day;
        log_months.is_past_floor := (
            v_month.first_day + make_interval(months => 1 + v_month.retention_months)
            <= now() at time zone 'utc'
        );
        -- An entry that belongs to no organisation may matter to any case.
        execute format(
            'select exists (select from public.legal_holds where lifted_at is null) and exists ('
            'select from public.%1$I as entry where entry.%2$I >= $1 and entry.%2$I < $2 '
            'and (entry.%3$I is null or entry.%3$I in (select organisation_id from public.legal_holds where lifted_at is null)))',
            v_month.name, v_month.time_column, v_month.organisation_column
        )
        into log_months.is_held
        using
            v_month.first_day::timestamp at time zone 'utc',
            (v_month.first_day + interval '1 month') at time zone 'utc';
        return next;
    end loop;
end
$$;

comment on function private.log_months is
'Each month of each log: whether all of it is past the log''s retention, and whether a legal hold keeps it. For the runner.';
revoke all on function private.log_months from public, anon, authenticated, service_role;
