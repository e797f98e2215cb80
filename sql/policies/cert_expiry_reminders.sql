-- Written by the expiry run alone: a row that somebody removes is a reminder that is sent again.
call private.close_table('public.cert_expiry_reminders');
grant select on table public.cert_expiry_reminders to authenticated;
grant select on table public.cert_expiry_reminders to service_role;

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
