-- Coordinators see why nothing moves; functions pause and resume.
call private.close_table('public.hlf_sync_pauses');
grant select on table public.hlf_sync_pauses to authenticated, service_role;

create policy "Our own functions work on every row" on public.hlf_sync_pauses
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.hlf_sync_pauses
for all to service_role
using (true)
with check (true);

create policy "Coordinators see the pauses of their organisations" on public.hlf_sync_pauses
for select to authenticated
using (organisation_id in (select private.my_organisation_ids()));
