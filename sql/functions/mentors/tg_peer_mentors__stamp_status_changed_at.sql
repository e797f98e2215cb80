create or replace function private.tg_peer_mentors__stamp_status_changed_at()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    new.status_changed_at := clock_timestamp();
    return new;
end
$$;

comment on function private.tg_peer_mentors__stamp_status_changed_at is
'Trigger function of peer_mentors: the database says when a status changed.';
revoke all on function private.tg_peer_mentors__stamp_status_changed_at from public, anon, authenticated, service_role;
