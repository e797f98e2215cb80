create or replace function private.retry_backoff(
    attempts int
)
returns interval
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- Up to a quarter less, also of the hour, so that what failed together does not come back together.
    select
        least(interval '1 hour', interval '30 seconds' * power(2, least(greatest(retry_backoff.attempts, 1), 20) - 1))
        * (1 - random() / 4)
$$;

comment on function private.retry_backoff is
'How long to wait after so many failed attempts: 30 s, doubled each time, at most an hour, less up to a quarter at '
'random. For the website sync and the notifications. For our functions only.';
revoke all on function private.retry_backoff from public, anon, authenticated, service_role;
