create or replace function private.notify_status_changed(
    mentor public.peer_mentors
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select private.notify_about_mentors(array[
        row(
            change.mentor_id,
            'status_changed',
            jsonb_build_object(
                'mentor_id', change.mentor_id,
                'status_change_id', change.id,
                'changed_on', (change.changed_at at time zone organisation.time_zone)::date
            ),
            'status_changed:' || change.id
        )::private.mentor_message
    ])
    from public.mentor_status_changes as change
    inner join public.organisations as organisation on organisation.id = change.organisation_id
    where
        change.mentor_id = (notify_status_changed.mentor).id
        and change.changed_at = (notify_status_changed.mentor).status_changed_at
$$;

comment on function private.notify_status_changed is
'Tells the mentor and the coordinators in scope of the status that the mentor''s row has now. For our functions only.';
revoke all on function private.notify_status_changed from public, anon, authenticated, service_role;
