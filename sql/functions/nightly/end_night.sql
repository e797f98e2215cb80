create or replace function private.end_night()
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select pg_advisory_unlock(hashtextextended('peerledger nightly', 0))
$$;

comment on function private.end_night is
'Gives back the lock that begin_night took. For the runner.';
revoke all on function private.end_night from public, anon, authenticated, service_role;
