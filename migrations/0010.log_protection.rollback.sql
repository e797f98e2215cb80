-- The trigger that lets nobody take a log off the list would refuse what follows.
drop trigger if exists _100_keep_log_floor on private.logs;
drop index public.badge_evaluation_logs_failed;
drop table public.security_events;
delete from private.logs where log_name = 'security_events';
drop table private.log_guard_marks;
drop table public.legal_holds;
alter table private.logs
drop column organisation_column,
drop column retention_months;
drop table private.recording_state;
drop sequence private.unrecorded_refusals;
drop function private.write_security_event;
drop function private.wait_for_dblink;

-- Only if it is ours: where others had installed it, it is in a schema of theirs.
do $$
begin
    if exists (
        select from pg_catalog.pg_extension
        where extname = 'dblink' and extnamespace = 'private'::regnamespace
    ) then
        drop extension dblink;
    end if;
end
$$;
