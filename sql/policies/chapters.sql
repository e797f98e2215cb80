call private.close_table('public.chapters');
grant select on table public.chapters to authenticated;
grant select, insert, update on table public.chapters to service_role;

create policy "Our own functions work on every row" on public.chapters
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.chapters
for all to service_role
using (true)
with check (true);

create policy "Members see the chapters of their organisation" on public.chapters
for select to authenticated
using (organisation_id in (select private.my_own_organisation_ids()));
