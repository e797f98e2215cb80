-- After the upkeep has made what it can: before it, the first migration would be an alarm.
create or replace function private.watch_log_months()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.write_alert(
        'log_partitions_low',
        'critical',
        format('%s has partitions for %s more months. Run `peerledger migrate`.', ahead.log_name, ahead.months),
        'log_partitions_low:' || ahead.log_name
    )
    from private.log_months_ahead() as ahead
    where ahead.months < 2;
end
$$;

comment on function private.watch_log_months is
'Raises an alert for each log that has partitions for fewer than two more months. For our functions only.';
revoke all on function private.watch_log_months from public, anon, authenticated, service_role;
