-- Written by service_role alone: whoever could write here could appoint themselves.
call private.close_table('public.coordinator_assignments');
grant select on table public.coordinator_assignments to authenticated;
grant select, insert, update, delete on table public.coordinator_assignments to service_role;

create policy "Our own functions work on every row" on public.coordinator_assignments
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.coordinator_assignments
for all to service_role
using (true)
with check (true);

create policy "Coordinators see who coordinates their organisations" on public.coordinator_assignments
for select to authenticated
using (organisation_id in (select private.my_organisation_ids()));
