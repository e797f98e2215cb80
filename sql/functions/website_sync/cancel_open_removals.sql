create or replace function private.cancel_open_removals(
    mentor_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update public.hlf_removals as removal
    set cancelled_at = clock_timestamp()
    where
        removal.mentor_id = any (cancel_open_removals.mentor_ids)
        and removal.confirmed_at is null
        and removal.cancelled_at is null;
end
$$;

comment on function private.cancel_open_removals is
'Ends the waiting for the removal of these mentors from the website: there is none to wait for any more. For our functions only.';
revoke all on function private.cancel_open_removals from public, anon, authenticated, service_role;
