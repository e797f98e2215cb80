-- An alert without an organisation is for the operators, who use the service role.
call private.close_table('public.ops_alerts');
grant select on table public.ops_alerts to authenticated;
grant select, insert, update on table public.ops_alerts to service_role;

create policy "Our own functions work on every row" on public.ops_alerts
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.ops_alerts
for all to service_role
using (true)
with check (true);

create policy "Coordinators see the alerts of their organisations" on public.ops_alerts
for select to authenticated
using (organisation_id in (select private.my_organisation_ids()));
