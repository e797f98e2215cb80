-- Only mentors whom the website can know: without a Dynamics contact there is nothing to list yet. An
-- inactive one too: they may have been listed before they came into this database.
create or replace function private.queue_inserted_mentors()
returns trigger
language plpgsql
volatile
security definer -- whoever writes a mentor may not write the sync's state
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor_ids uuid[];
begin
    select array_agg(new_rows.id)
    into v_mentor_ids
    from new_rows
    where new_rows.dynamics_contact_id is not null;

    if v_mentor_ids is not null then
        perform private.queue_hlf_sync(v_mentor_ids);
    end if;
    return null;
end
$$;

comment on function private.queue_inserted_mentors is
'Trigger function of peer_mentors: wants new mentors shown on the website as their status says.';
revoke all on function private.queue_inserted_mentors from public, anon, authenticated, service_role;

create or replace trigger _500_sync_website_inserted
after insert on public.peer_mentors
referencing new table as new_rows
for each statement execute function private.queue_inserted_mentors();
