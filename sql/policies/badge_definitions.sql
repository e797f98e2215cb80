-- Definitions are an administrator's work, done with the service role.
call private.close_table('public.badge_definitions');
grant select on table public.badge_definitions to authenticated;
grant select, insert, update on table public.badge_definitions to service_role;

create policy "Our own functions work on every row" on public.badge_definitions
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.badge_definitions
for all to service_role
using (true)
with check (true);

create policy "Members see the badges of their organisation" on public.badge_definitions
for select to authenticated
using (organisation_id in (select private.my_own_organisation_ids()));
