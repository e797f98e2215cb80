-- Not the setting of this session, which those who only read make for themselves: what every new session gets.
create or replace function private.problems_of_database(
    at timestamptz,
    organisation_id uuid
)
returns setof private.problem
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        'database_read_only',
        'critical',
        null::uuid,
        case
            when pg_is_in_recovery() then 'The database is a replica, or still recovering: nothing can be written.'
            else 'The database is read-only: nothing can be registered, sent or logged. Its disk may be full.'
        end,
        'free disk space or enlarge the disk, then: alter database … reset default_transaction_read_only',
        null::bigint,
        null::timestamptz
    where
        problems_of_database.organisation_id is null
        and (
            pg_is_in_recovery()
            or exists (
                select
                from pg_settings as setting
                where setting.name = 'default_transaction_read_only' and setting.reset_val = 'on'
            )
        )
$$;

comment on function private.problems_of_database is
'Whether new sessions can write: hosts make a database read-only when its disk is full. For private.status_problems only.';
revoke all on function private.problems_of_database from public, anon, authenticated, service_role;
