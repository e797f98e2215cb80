-- Parent triggers for a statement do not fire on a partition that is named directly, so the parent
-- and each partition get their own. ALWAYS: session_replication_role = replica does not switch them off.
create or replace procedure private.guard_log(
    target regclass
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_event text;
begin
    foreach v_event in array array['update', 'delete', 'truncate'] loop
        execute format(
            'create or replace trigger _100_no_%1$s before %1$s on %2$s '
            'for each statement execute function private.refuse_log_change()',
            v_event, guard_log.target
        );
        execute format('alter table %s enable always trigger _100_no_%s', guard_log.target, v_event);
    end loop;
end
$$;

comment on procedure private.guard_log is
'Makes a log, or one partition of it, append-only. For the owner role only.';
revoke all on procedure private.guard_log from public, anon, authenticated, service_role;
