-- Quiet hours begin and end at instants: each local time is turned into one, so that an hour which a
-- clock change skips or repeats is quiet or not, and never both.
create or replace function private.quiet_until(
    time_zone text,
    quiet_from time,
    quiet_until time,
    at timestamptz
)
returns timestamptz
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select max(quiet.ends_at)
    from (
        select
            (evening + quiet_until.quiet_from) at time zone quiet_until.time_zone as begins_at,
            (evening + quiet_until.quiet_until + case when spans_midnight then interval '1 day' else interval '0' end)
            at time zone quiet_until.time_zone as ends_at
        from (
            select
                generate_series(-1, 0) + (quiet_until.at at time zone quiet_until.time_zone)::date as evening,
                quiet_until.quiet_until < quiet_until.quiet_from as spans_midnight
        ) as local
        where quiet_until.quiet_from <> quiet_until.quiet_until
    ) as quiet
    where quiet_until.at >= quiet.begins_at and quiet_until.at < quiet.ends_at
$$;

comment on function private.quiet_until is
'The end of the quiet hours that this instant falls into, or null when it is not quiet. From the first time to the
second, by the clocks of the time zone, over midnight when the second is earlier. For our functions only.';
revoke all on function private.quiet_until from public, anon, authenticated, service_role;
