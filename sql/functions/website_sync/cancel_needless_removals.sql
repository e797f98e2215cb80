-- One person may be a mentor twice, with one Dynamics contact: the one who is active keeps it listed. Decided when
-- it would be sent and not when it is wanted: two mentors who end at the same moment do not see each other's
-- change, and each would leave the removal to the other.
create or replace function private.cancel_needless_removals(
    mentor_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_settled uuid[];
begin
    with settled as (
        update public.hlf_sync_state as sync
        set
            state = 'synced',
            applied_version = sync.desired_version,
            confirmed_operation = null,
            attempts = 0,
            leased_by = null,
            lease_expires_at = null,
            is_doubtful = false,
            last_error = null,
            updated_at = clock_timestamp()
        where
            sync.mentor_id = any (cancel_needless_removals.mentor_ids)
            and sync.operation = 'remove'
            and sync.due_at is not null
            and exists (
                select
                from public.peer_mentors as other
                where
                    other.dynamics_contact_id = (
                        select mentor.dynamics_contact_id
                        from public.peer_mentors as mentor
                        where mentor.id = sync.mentor_id
                    )
                    and other.id <> sync.mentor_id
                    and other.status = 'active'
                    and other.organisation_id not in (select private.organisations_without_website_sync())
                -- By key for each mentor, and not as a join.
                offset 0
            )
        returning sync.mentor_id
    )
    select array_agg(settled.mentor_id)
    into v_settled
    from settled;

    perform private.cancel_open_removals(v_settled);
end
$$;

comment on function private.cancel_needless_removals is
'Of these mentors, whose rows the caller has locked, takes those out of the queue who are to be removed and whose
contact belongs to an active mentor too, of an organisation whose sync is on. For our functions only.';
revoke all on function private.cancel_needless_removals from public, anon, authenticated, service_role;
