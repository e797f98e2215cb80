call private.close_table('public.peer_mentors');
grant select on table public.peer_mentors to authenticated;
grant select, insert on table public.peer_mentors to service_role;
-- Never status or status_changed_at: a status changes only through the RPCs, which check and record it.
grant update (
    organisation_id, chapter_id, user_id, display_name, email, phone, dynamics_contact_id
) on table public.peer_mentors to service_role;

create policy "Our own functions work on every row" on public.peer_mentors
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.peer_mentors
for all to service_role
using (true)
with check (true);

create policy "Coordinators see their mentors and mentors themselves" on public.peer_mentors
for select to authenticated
using (
    organisation_id in (select private.my_organisation_ids())
    or user_id = (select private.caller_id())
);
