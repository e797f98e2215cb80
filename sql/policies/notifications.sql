-- Ids and dates, no words: coordinators may see what their organisation sends.
call private.close_table('public.notifications');
grant select on table public.notifications to authenticated;
grant select, insert, update on table public.notifications to service_role;

create policy "Our own functions work on every row" on public.notifications
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.notifications
for all to service_role
using (true)
with check (true);

create policy "Coordinators see all notifications, members of an organisation their own" on public.notifications
for select to authenticated
using (
    organisation_id in (select private.my_organisation_ids())
    or (
        recipient_user_id = (select private.caller_id())
        and organisation_id in (select private.my_own_organisation_ids())
    )
    or recipient_mentor_id in (select private.my_mentor_ids())
);
