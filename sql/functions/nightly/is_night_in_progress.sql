create or replace function private.is_night_in_progress()
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from pg_locks as held
        where
            held.locktype = 'advisory'
            and held.database = (select oid from pg_database where datname = current_database())
            and (held.classid::bigint << 32) | held.objid::bigint = hashtextextended('peerledger nightly', 0)
    )
$$;

comment on function private.is_night_in_progress is
'Whether some session has the lock that begin_night takes. For our functions only.';
revoke all on function private.is_night_in_progress from public, anon, authenticated, service_role;
