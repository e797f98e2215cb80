create or replace procedure private.guard_log_times(
    target regclass
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'create or replace trigger _040_stamp_entry before insert on %s for each row '
        'when (not pg_has_role(current_user, ''peerledger_owner'', ''usage'')) '
        'execute function private.stamp_log_entry(%s)',
        guard_log_times.target,
        (
            select format('%L, %L', log.log_name, log.time_column)
            from private.logs as log
            where to_regclass(format('public.%I', log.log_name)) = guard_log_times.target
        )
    );
    execute format('alter table %s enable always trigger _040_stamp_entry', guard_log_times.target);
end
$$;

comment on procedure private.guard_log_times is
'Stamps time and id of what others than our own functions add to a log. For the owner role only.';
revoke all on procedure private.guard_log_times from public, anon, authenticated, service_role;
