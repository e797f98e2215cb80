create or replace function private.archived_until(
    log_name text
)
returns timestamptz
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(max(archived.past_time), '-infinity')
    from private.seal_archived() as archived
    inner join private.seal_codes as code on code.log_code = archived.log_code
    where code.log_name = archived_until.log_name and archived.is_lawful
$$;

comment on function private.archived_until is
'Before this time entries of a log may have been archived, lawfully; -infinity: none was. For our functions and the runner.';
revoke all on function private.archived_until from public, anon, authenticated, service_role;
