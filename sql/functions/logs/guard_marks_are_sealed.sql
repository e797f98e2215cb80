-- The marks are a table that the migrating role can write; security_events is append-only. Each time that marks are taken,
-- their hash becomes an entry there. An entry from the future is none of ours.
create or replace function private.guard_marks_are_sealed()
returns boolean
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        (
            select event.details ->> 'marks_sha256'
            from public.security_events as event
            where event.event_kind = 'guards_marked' and event.occurred_at <= clock_timestamp()
            order by event.occurred_at desc
            limit 1
        ) = private.guard_marks_sha256(),
        false
    );
exception
    -- The log cannot be read: its own changes say why.
    when others then
        return false;
end
$$;

comment on function private.guard_marks_are_sealed is
'Whether the marks are those of which security_events last kept the hash. For our functions only.';
revoke all on function private.guard_marks_are_sealed from public, anon, authenticated, service_role;
