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
            part.starts_at,
            part.ends_at,
            (part.starts_at at time zone 'utc')::date as first_day,
            log.retention_months
        from private.logs as log
        inner join private.log_partitions() as part on part.partitioned_log = log.log_name
        -- Whole months only: what somebody attached with other bounds is no month, and is not archived as one.
        where
            part.starts_at at time zone 'utc' = date_trunc('month', part.starts_at at time zone 'utc')
            and part.ends_at at time zone 'utc' = part.starts_at at time zone 'utc' + interval '1 month'
        order by log.log_name, part.starts_at
    loop
        log_months.log_name := v_month.name;
        log_months.month := v_month.first_day;
        -- Five years whatever the row says.
        log_months.is_past_floor := (
            v_month.first_day + make_interval(months => 1 + greatest(v_month.retention_months, 60))
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
        using v_month.starts_at, v_month.ends_at;
        return next;
    end loop;
end
$$;

comment on function private.log_months is
'Each month of each log: whether all of it is past the log''s retention, and whether a legal hold keeps it. For the runner.';
revoke all on function private.log_months from public, anon, authenticated, service_role;
