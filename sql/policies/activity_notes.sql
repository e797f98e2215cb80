-- A note follows its activity: the policies of activities filter these sub-selects too.
call private.close_table('public.activity_notes');
grant select on table public.activity_notes to authenticated;
grant insert (activity_id, organisation_id, body) on table public.activity_notes to authenticated;
grant update (body) on table public.activity_notes to authenticated;
grant select, insert, update, delete on table public.activity_notes to service_role;

create policy "Our own functions work on every row" on public.activity_notes
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.activity_notes
for all to service_role
using (true)
with check (true);

create policy "Whoever sees an activity sees its note" on public.activity_notes
for select to authenticated
using (
    exists (
        select
        from public.activities as activity
        where activity.id = activity_notes.activity_id
    )
);

create policy "Whoever may change an activity may write its note" on public.activity_notes
for insert to authenticated
with check (
    exists (
        select
        from public.activities as activity
        where
            activity.id = activity_notes.activity_id
            and (
                (activity.coordinator_id is null and activity.mentor_id in (select private.my_mentor_ids()))
                or (
                    activity.coordinator_id is not null
                    and activity.mentor_id in (select private.my_scope_mentor_ids())
                    and activity.mentor_id not in (select private.my_mentor_ids())
                )
            )
    )
);

create policy "Whoever may change an activity may change its note" on public.activity_notes
for update to authenticated
using (
    exists (
        select
        from public.activities as activity
        where
            activity.id = activity_notes.activity_id
            and (
                (activity.coordinator_id is null and activity.mentor_id in (select private.my_mentor_ids()))
                or (
                    activity.coordinator_id is not null
                    and activity.mentor_id in (select private.my_scope_mentor_ids())
                    and activity.mentor_id not in (select private.my_mentor_ids())
                )
            )
    )
)
with check (
    exists (
        select
        from public.activities as activity
        where
            activity.id = activity_notes.activity_id
            and (
                (activity.coordinator_id is null and activity.mentor_id in (select private.my_mentor_ids()))
                or (
                    activity.coordinator_id is not null
                    and activity.mentor_id in (select private.my_scope_mentor_ids())
                    and activity.mentor_id not in (select private.my_mentor_ids())
                )
            )
    )
);
