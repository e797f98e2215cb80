-- Whoever belongs to an organisation sees it.
call private.close_table('public.organisations');
grant select on table public.organisations to authenticated;
grant select, insert, update on table public.organisations to service_role;
-- A CHECK runs as whoever writes the row.
grant execute on function private.is_time_zone to service_role;

create policy "Our own functions work on every row" on public.organisations
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.organisations
for all to service_role
using (true)
with check (true);

create policy "Members see their organisation" on public.organisations
for select to authenticated
using (id in (select private.my_own_organisation_ids()));
