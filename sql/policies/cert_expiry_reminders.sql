-- Written by the expiry run. The service role may add what another system sent before, so that it is not sent
-- again, and removes nothing: a row less is a reminder more.
call private.close_table('public.cert_expiry_reminders');
grant select on table public.cert_expiry_reminders to authenticated;
grant select, insert on table public.cert_expiry_reminders to service_role;

create policy "Our own functions work on every row" on public.cert_expiry_reminders
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.cert_expiry_reminders
for all to service_role
using (true)
with check (true);

create policy "Coordinators see all reminders and mentors their own" on public.cert_expiry_reminders
for select to authenticated
using (
    organisation_id in (select private.my_organisation_ids())
    or mentor_id in (select private.my_mentor_ids())
);
