-- Definer: makes tables, which only the owner may.
create or replace function private.ensure_log_partitions(
    months_ahead int default 6
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- No insert waits longer than this for the upkeep; what could not be had is for the next night.
set lock_timeout = '5s'
as $$
declare
    v_log record;
    v_months date[];
    v_month date;
    v_before bigint;
    v_made int;
begin
    perform private.require_between('months_ahead', ensure_log_partitions.months_ahead, 0, 120);

    -- One upkeep at a time: two would make the same partition.
    lock table private.logs in share row exclusive mode;
    v_before := (select count(*) from pg_inherits);
    -- Before anything is put right: what is made anew below would look as if it had never been touched.
    perform private.watch_access();
    perform private.watch_logs();
    for v_log in
        select log.log_name, log.time_column
        from private.logs as log
        order by log.log_name
    loop
        begin
            -- The default partition first: an entry that fits nowhere is kept, not lost.
            call private.create_log_partition(v_log.log_name, null);
            v_months := private.months_in_default(v_log.log_name, v_log.time_column);
            if cardinality(v_months) > 0 then
                call private.split_default_partition(v_log.log_name, v_months);
            end if;
            for v_month in
                select wanted.first_day::date
                from generate_series(
                    date_trunc('month', now() at time zone 'utc'),
                    date_trunc('month', now() at time zone 'utc')
                    + make_interval(months => ensure_log_partitions.months_ahead),
                    '1 month'
                ) as wanted (first_day)
                where wanted.first_day at time zone 'utc' not in (
                    select part.starts_at
                    from private.log_partitions(v_log.log_name) as part
                    where part.starts_at is not null
                )
            loop
                call private.create_log_partition(v_log.log_name, v_month);
            end loop;
        exception
            -- Somebody is using the log. One that has to wait keeps no other from its partitions.
            when lock_not_available or deadlock_detected then
                raise warning 'peerledger: the partitions of % have to wait (%)', v_log.log_name, sqlstate;
            -- One that is broken keeps no other from its partitions either.
            when others then
                raise warning 'peerledger: the upkeep of % failed (%)', v_log.log_name, sqlstate;
                perform private.write_alert(
                    'log_upkeep_failed',
                    'critical',
                    format(
                        'The upkeep of %s failed: %s See `peerledger status`.',
                        v_log.log_name, private.safe_error_text(sqlstate)
                    ),
                    'log_upkeep_failed:' || v_log.log_name
                );
        end;
    end loop;

    v_made := (select count(*) from pg_inherits) - v_before;
    -- Where nothing was made, the marks that watch_logs has just taken are those of now.
    if v_made <> 0 then
        perform private.mark_guards('upkeep');
    end if;
    perform private.watch_log_months();
    perform private.note_unrecorded_refusals();
    return v_made;
end
$$;

comment on function private.ensure_log_partitions is
'The upkeep of every log: looks whether the guards are as they were left; then makes the missing monthly partitions, '
'this month and months_ahead more; gives the months that the default partition caught a partition of their own. Returns '
'how many tables and indexes it attached. Error: 22023. For the runner.';
revoke all on function private.ensure_log_partitions from public, anon, authenticated, service_role;
