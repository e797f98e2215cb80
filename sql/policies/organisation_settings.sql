call private.close_table('public.organisation_settings');
grant select on table public.organisation_settings to authenticated;
grant select, insert, update, delete on table public.organisation_settings to service_role;
-- A CHECK runs as whoever writes the row.
grant execute on function private.are_thresholds to service_role;

create policy "Our own functions work on every row" on public.organisation_settings
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.organisation_settings
for all to service_role
using (true)
with check (true);

create policy "Members see the settings of their organisation" on public.organisation_settings
for select to authenticated
using (organisation_id in (select private.my_own_organisation_ids()));
