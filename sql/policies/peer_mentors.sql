call private.close_table('public.peer_mentors');
grant select on table public.peer_mentors to authenticated;
-- All columns, for an upsert; private.tg_peer_mentors__refuse_protected_columns keeps status, identity and times from
-- changing: a status changes only through the RPCs, which check and record it.
grant select, insert, update on table public.peer_mentors to service_role;

create policy "Our own functions work on every row" on public.peer_mentors
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.peer_mentors
for all to service_role
using (true)
with check (true);

create policy "Coordinators see their mentors and mentors themselves" on public.peer_mentors
for select to authenticated
using (
    organisation_id in (select private.my_organisation_ids())
    or user_id = (select private.caller_id())
);
