create or replace function private.retry_delay(
    attempts int,
    chance double precision default random()
)
returns interval
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        make_interval(
            secs => least(3600, 30 * 2 ^ least(greatest(retry_delay.attempts, 1) - 1, 20) * (1 + retry_delay.chance / 2))
        )
$$;

comment on function private.retry_delay is
'How long to wait after so many attempts: 30 s, doubled by each, up to half as much again so that not all come back
at once, never more than an hour. For our functions only.';
revoke all on function private.retry_delay from public, anon, authenticated, service_role;
