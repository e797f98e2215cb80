-- Only mentors whom the website can know: without a Dynamics contact there is nothing to list yet. An
-- inactive one too: they may have been listed before they came into this database.
create or replace function private.tg_peer_mentors__queue_inserted()
returns trigger
language plpgsql
volatile
security definer -- anyone who writes a mentor may not write the sync's state
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

comment on function private.tg_peer_mentors__queue_inserted is
'Trigger function of peer_mentors: wants new mentors shown on the website as their status says.';
revoke all on function private.tg_peer_mentors__queue_inserted from public, anon, authenticated, service_role;
