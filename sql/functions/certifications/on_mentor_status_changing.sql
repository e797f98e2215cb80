create or replace function private.on_mentor_status_changing()
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

comment on function private.on_mentor_status_changing is
'Trigger function of peer_mentors: the database says when a status changed.';
revoke all on function private.on_mentor_status_changing from public, anon, authenticated, service_role;

-- Not "of status": another trigger could change it too.
create or replace trigger _900_status_changed_at
before update on public.peer_mentors
for each row when (new.status is distinct from old.status)
execute function private.on_mentor_status_changing();
