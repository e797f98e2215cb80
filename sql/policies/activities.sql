-- Reading goes by organisation, writing by scope. What a coordinator registers is by proxy and signed
-- by them; what a mentor registers is not. Nobody deletes: a wrong activity is voided.
call private.close_table('public.activities');
grant select on table public.activities to authenticated;
grant insert (
    id, organisation_id, mentor_id, coordinator_id,
    activity_type, occurred_on, duration_minutes, participant_count, delivery_mode
) on table public.activities to authenticated;
-- Identity and all, for an upsert; private.on_activity_identity_changing keeps it from changing.
grant update (
    id, organisation_id, mentor_id, coordinator_id,
    activity_type, occurred_on, duration_minutes, participant_count, delivery_mode, voided_at
) on table public.activities to authenticated;
grant select, insert, update, delete on table public.activities to service_role;

create policy "Our own functions work on every row" on public.activities
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.activities
for all to service_role
using (true)
with check (true);

create policy "Coordinators see all activities and mentors their own" on public.activities
for select to authenticated
using (
    organisation_id in (select private.my_organisation_ids())
    or mentor_id in (select private.my_mentor_ids())
);

create policy "Mentors register for themselves and coordinators by proxy" on public.activities
for insert to authenticated
with check (
    (coordinator_id is null and mentor_id in (select private.my_mentor_ids()))
    or (
        coordinator_id = (select private.caller_id())
        and mentor_id in (select private.my_scope_mentor_ids())
        and mentor_id not in (select private.my_mentor_ids())
    )
);

create policy "Mentors change their own and coordinators what is by proxy" on public.activities
for update to authenticated
using (
    (coordinator_id is null and mentor_id in (select private.my_mentor_ids()))
    or (
        coordinator_id is not null
        and mentor_id in (select private.my_scope_mentor_ids())
        and mentor_id not in (select private.my_mentor_ids())
    )
)
with check (
    (coordinator_id is null and mentor_id in (select private.my_mentor_ids()))
    or (
        coordinator_id is not null
        and mentor_id in (select private.my_scope_mentor_ids())
        and mentor_id not in (select private.my_mentor_ids())
    )
);
