-- A changed status must reach the website; so must the status of a mentor whose contact became known.
-- If this fails the change fails: a status that the website never hears of is the worst that can happen.
create or replace function private.tg_peer_mentors__queue_changed()
returns trigger
language plpgsql
volatile
security definer -- anyone who changes a mentor may not write the sync's state
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queued uuid[];
    v_cleared uuid[];
    v_changed uuid[];
    v_left_behind record;
begin
    -- A full join is made by hashes, also in a plan that is kept from a statement of one row, and a condition would make another
    -- join of it.
    select
        array_agg(new_rows.id) filter (
            where
                new_rows.status <> old_rows.status
                or (
                    new_rows.dynamics_contact_id is not null
                    and new_rows.dynamics_contact_id is distinct from old_rows.dynamics_contact_id
                )
        ),
        array_agg(old_rows.id) filter (
            where new_rows.dynamics_contact_id is null and old_rows.dynamics_contact_id is not null
        ),
        array_agg(old_rows.id) filter (
            where
                old_rows.dynamics_contact_id is distinct from new_rows.dynamics_contact_id
                and old_rows.dynamics_contact_id is not null
        )
    into v_queued, v_cleared, v_changed
    from new_rows
    full join old_rows on old_rows.id = new_rows.id;

    if v_queued is not null then
        perform private.queue_hlf_sync(v_queued);
    end if;

    -- Whose contact was cleared cannot be removed any more; the alert below is what is left of it.
    if v_cleared is not null then
        perform private.cancel_open_removals(v_cleared);
    end if;

    -- The former contact may still be listed, and nothing here can reach it any more.
    for v_left_behind in
        select old_rows.organisation_id, old_rows.id, old_rows.dynamics_contact_id
        from old_rows
        where
            old_rows.id = any (v_changed)
            and (
                old_rows.status = 'active'
                or (
                    select sync.confirmed_operation
                    from public.hlf_sync_state as sync
                    where sync.mentor_id = old_rows.id
                ) is distinct from 'remove'
            )
    loop
        perform private.raise_alert(
            'website_contact_changed',
            'warning',
            'A mentor got another Dynamics contact, or none. The former one may still be on the website: '
            'look in the portal and take it off by hand.',
            'website_contact_changed:' || v_left_behind.dynamics_contact_id,
            v_left_behind.organisation_id,
            jsonb_build_object(
                'mentor_id', v_left_behind.id, 'former_dynamics_contact_id', v_left_behind.dynamics_contact_id
            )
        );
    end loop;
    return null;
end
$$;

comment on function private.tg_peer_mentors__queue_changed is
'Trigger function of peer_mentors: wants a mentor whose status or contact changed shown as the status says.';
revoke all on function private.tg_peer_mentors__queue_changed from public, anon, authenticated, service_role;
