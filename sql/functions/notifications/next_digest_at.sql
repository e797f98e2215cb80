create or replace function private.next_digest_at(
    time_zone text,
    digest_at time,
    after timestamptz
)
returns timestamptz
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select min(digest.falls_at)
    from (
        select
            (
                generate_series(0, 2) + (next_digest_at.after at time zone next_digest_at.time_zone)::date
                + next_digest_at.digest_at
            ) at time zone next_digest_at.time_zone as falls_at
    ) as digest
    where digest.falls_at > next_digest_at.after
$$;

comment on function private.next_digest_at is
'The first instant after the given one at which the clocks of the time zone show this time. For our functions only.';
revoke all on function private.next_digest_at from public, anon, authenticated, service_role;
