-- Written by renew_certification, which also brings the mentor back.
call private.close_table('public.certifications');
grant select on table public.certifications to authenticated;
grant select, insert, update on table public.certifications to service_role;

create policy "Our own functions work on every row" on public.certifications
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.certifications
for all to service_role
using (true)
with check (true);

create policy "Coordinators see all certificates and mentors their own" on public.certifications
for select to authenticated
using (
    organisation_id in (select private.my_organisation_ids())
    or mentor_id in (select private.my_mentor_ids())
);
