-- Awarded and revoked by our functions only.
call private.close_table('public.earned_badges');
grant select on table public.earned_badges to authenticated;
grant select, insert, update on table public.earned_badges to service_role;

create policy "Our own functions work on every row" on public.earned_badges
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.earned_badges
for all to service_role
using (true)
with check (true);

create policy "Coordinators see all badges and mentors their own" on public.earned_badges
for select to authenticated
using (
    organisation_id in (select private.my_organisation_ids())
    or mentor_id in (select private.my_mentor_ids())
);
