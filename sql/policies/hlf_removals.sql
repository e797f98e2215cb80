-- Kept by the functions of the website sync.
call private.close_table('public.hlf_removals');
grant select on table public.hlf_removals to authenticated, service_role;

create policy "Our own functions work on every row" on public.hlf_removals
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.hlf_removals
for all to service_role
using (true)
with check (true);

create policy "Coordinators see the removals of their organisations" on public.hlf_removals
for select to authenticated
using (organisation_id in (select private.my_organisation_ids()));
