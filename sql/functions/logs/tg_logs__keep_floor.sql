create or replace function private.tg_logs__keep_floor()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op <> 'UPDATE' then
        raise exception using
            errcode = 'PL005',
            message = 'A log cannot be removed from the list of logs.',
            hint = 'To raise how long a log is kept: private.set_log_retention.';
    end if;
    if new.log_name <> old.log_name or new.time_column <> old.time_column
        or new.organisation_column <> old.organisation_column or new.retention_months < old.retention_months
    then
        raise exception using
            errcode = 'PL005',
            message = format(
                '%s is kept for %s months; that can be raised and not lowered.', old.log_name, old.retention_months
            ),
            hint = 'It already holds entries that must be kept that long.';
    end if;
    return new;
end
$$;

comment on function private.tg_logs__keep_floor is
'Trigger function of private.logs: how long a log is kept can only be raised. Error: PL005.';
revoke all on function private.tg_logs__keep_floor from public, anon, authenticated, service_role;
