-- No SET, so that it is inlined. Whatever the session's time zone.
create or replace function private.json_time(
    at_time timestamptz
)
returns text
language sql
stable
security invoker
as $$ select left(to_json(json_time.at_time at time zone 'utc')::text, -1) || '+00:00"' $$;

comment on function private.json_time is
'A time as JSON, in UTC, as it stands in the records of activities. For our functions only.';
revoke all on function private.json_time from public, anon, authenticated, service_role;
