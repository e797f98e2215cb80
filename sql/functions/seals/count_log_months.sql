-- A month is counted when it has been over for two days, so that what was late is in it. What comes later still makes
-- another statement, which names the one before it.
--
-- Definer: the tree and the logs belong to the owner.
create or replace function private.count_log_months(
    max_months int default 50
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    c_late constant interval := interval '48 hours';
    v_month record;
    v_months int := 0;
begin
    perform private.require_between('max_months', count_log_months.max_months, 1, 10000);
    for v_month in
        select code.log_name, sealed.month, sealed.leaves, counted.leaves is not null as is_late
        from (
            select
                entry.log_code,
                date_trunc('month', entry.entry_time at time zone 'utc')::date as month,
                count(*) as leaves
            from private.sealed_entries as entry
            group by 1, 2
        ) as sealed
        inner join private.seal_codes as code on code.log_code = sealed.log_code
        left join private.counted_months as counted on counted.log_name = code.log_name and counted.month = sealed.month
        where
            sealed.month + interval '1 month' + c_late <= now() at time zone 'utc'
            and sealed.leaves is distinct from counted.leaves
            -- The statements of a month that is archived are those that were made while its entries were here.
            and not exists (
                select
                from private.seal_archived() as archived
                where
                    archived.log_code = sealed.log_code
                    and archived.from_time = sealed.month::timestamp at time zone 'utc'
            )
        order by sealed.month, code.log_name
        limit count_log_months.max_months
    loop
        perform private.record_security_event(
            'log_month_counted', v_month.log_name, statement.organisation_id,
            jsonb_strip_nulls(jsonb_build_object(
                'log', v_month.log_name,
                'month', v_month.month,
                'entries', statement.entries,
                'first_leaf', statement.first_leaf,
                'last_leaf', statement.last_leaf,
                'root', encode(statement.root, 'hex'),
                'instead_of', former.id
            ))
        )
        from private.month_statement(v_month.log_name, v_month.month) as statement
        left join lateral (
            select event.id, event.details
            from public.security_events as event
            where
                event.event_kind = 'log_month_counted'
                and event.table_name = v_month.log_name
                and event.organisation_id = statement.organisation_id
                and event.details ->> 'month' = v_month.month::text
            order by event.occurred_at desc
            limit 1
        ) as former on true
        -- Whom the late entries do not concern keeps the statement that they have.
        where former.details ->> 'root' is distinct from encode(statement.root, 'hex');

        insert into private.counted_months (log_name, month, leaves)
        values (v_month.log_name, v_month.month, v_month.leaves)
        on conflict (log_name, month) do update
        set leaves = excluded.leaves, counted_at = clock_timestamp();
        v_months := v_months + 1;
    end loop;
    return v_months;
end
$$;

comment on function private.count_log_months is
'Writes the statements of months that are over for two days: for each organisation, log and month one entry
log_month_counted of security_events with the number of its entries and the root over their leaves. Returns how many months of
logs it counted; call again while that is max_months. Error: 22023. For the night, after sealing.';
revoke all on function private.count_log_months from public, anon, authenticated, service_role;
