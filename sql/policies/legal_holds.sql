-- Written through set_legal_hold and lift_legal_hold alone, which record it.
call private.close_table('public.legal_holds');
grant select on table public.legal_holds to authenticated, service_role;

create policy "Our own functions work on every row" on public.legal_holds
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.legal_holds
for all to service_role
using (true)
with check (true);

create policy "Coordinators see the holds of their organisations" on public.legal_holds
for select to authenticated
using (organisation_id in (select private.my_organisation_ids()));
