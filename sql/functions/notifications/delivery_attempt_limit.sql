create or replace function private.delivery_attempt_limit()
returns int
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select 8
$$;

comment on function private.delivery_attempt_limit is
'After how many attempts a message is a dead letter. For our functions only.';
revoke all on function private.delivery_attempt_limit from public, anon, authenticated, service_role;
