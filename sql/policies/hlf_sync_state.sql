-- Written by the functions of the website sync, never directly: the order of versions depends on it.
call private.close_table('public.hlf_sync_state');
grant select on table public.hlf_sync_state to authenticated, service_role;

create policy "Our own functions work on every row" on public.hlf_sync_state
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.hlf_sync_state
for all to service_role
using (true)
with check (true);

create policy "Coordinators see the sync of all mentors and mentors their own" on public.hlf_sync_state
for select to authenticated
using (
    organisation_id in (select private.my_organisation_ids())
    or mentor_id in (select private.my_mentor_ids())
);
