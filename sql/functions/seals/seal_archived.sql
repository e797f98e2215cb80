-- Definer: reads the owner's tables, whoever of the operators verifies.
create or replace function private.seal_archived()
returns table (
    log_code smallint,
    time_column text,
    from_time timestamptz,
    past_time timestamptz,
    is_lawful boolean
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        code.log_code,
        log.time_column,
        month.first_day::timestamp at time zone 'utc',
        (month.first_day + interval '1 month') at time zone 'utc',
        -- Was it past the floor then? A retention that was raised since says nothing of that time, the least one does.
        bool_or(
            month.first_day + make_interval(
                months => 1 + case when raised.since then 60 else log.retention_months end
            ) <= event.occurred_at at time zone 'utc'
        )
    from public.security_events as event
    inner join private.seal_codes as code on code.log_name = event.table_name
    inner join private.logs as log on log.log_name = code.log_name
    cross join lateral (select (event.details ->> 'month')::date as first_day) as month
    cross join lateral (
        select
            exists (
                select
                from public.security_events as later
                where
                    later.event_kind = 'log_retention_raised'
                    and later.table_name = event.table_name
                    and later.occurred_at > event.occurred_at
            ) as since
    ) as raised
    where
        event.event_kind = 'log_archived'
        -- The entry must be sealed itself.
        and exists (
            select
            from private.sealed_entries as sealed
            inner join private.seal_codes as own_code on own_code.log_code = sealed.log_code
            where
                sealed.entry_time = event.occurred_at
                and sealed.entry_id = event.id
                and own_code.log_name = 'security_events'
        )
    group by code.log_code, log.time_column, month.first_day
$$;

comment on function private.seal_archived is
'The months that a sealed entry says were archived, and whether they were past their retention then. For the runner.';
revoke all on function private.seal_archived from public, anon, authenticated, service_role;
