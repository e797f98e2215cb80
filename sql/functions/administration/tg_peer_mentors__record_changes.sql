-- Who belongs where and who may act as whom: ids only. Names and addresses are changed without a trace on purpose, and a
-- status has a log of its own.
create or replace function private.tg_peer_mentors__record_changes()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which no client may add
set search_path = pg_catalog, pg_temp
-- Old rows meet new ones by hashes or in order, also in a plan that is kept from a statement of one row.
set enable_nestloop = off
as $$
begin
    if tg_op = 'INSERT' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'mentor',
            new_rows.id,
            'added',
            jsonb_build_object(
                'chapter_id', new_rows.chapter_id, 'user_id', new_rows.user_id, 'status', new_rows.status,
                'dynamics_contact_id', new_rows.dynamics_contact_id, 'created_at', new_rows.created_at,
                'merged_into', new_rows.merged_into
            )
        )
        from new_rows;
    elsif tg_op = 'UPDATE' then
        perform private.record_administrative_change(
            new_rows.organisation_id,
            'mentor',
            new_rows.id,
            change.kind,
            change.details
        )
        from new_rows
        inner join old_rows on old_rows.id = new_rows.id
        cross join lateral (
            select
                'moved',
                jsonb_build_object(
                    'old_chapter_id', old_rows.chapter_id, 'new_chapter_id', new_rows.chapter_id
                ) || case
                    when old_rows.organisation_id <> new_rows.organisation_id
                        then jsonb_build_object('old_organisation_id', old_rows.organisation_id)
                    else '{}'
                end
            where
                (old_rows.organisation_id, old_rows.chapter_id) is distinct from (new_rows.organisation_id, new_rows.chapter_id)
            union all
            select 'merged', jsonb_build_object('merged_into', new_rows.merged_into)
            where old_rows.merged_into is distinct from new_rows.merged_into
            union all
            select 'user_linked', jsonb_build_object('old_user_id', old_rows.user_id, 'new_user_id', new_rows.user_id)
            where old_rows.user_id is distinct from new_rows.user_id
            union all
            select
                'contact_linked',
                jsonb_build_object(
                    'old_dynamics_contact_id', old_rows.dynamics_contact_id,
                    'new_dynamics_contact_id', new_rows.dynamics_contact_id
                )
            where old_rows.dynamics_contact_id is distinct from new_rows.dynamics_contact_id
            union all
            -- Tenure counts from it.
            select 'start_changed', jsonb_build_object('old_created_at', old_rows.created_at, 'new_created_at', new_rows.created_at)
            where old_rows.created_at <> new_rows.created_at
        ) as change (kind, details);
    else
        perform private.record_administrative_change(
            old_rows.organisation_id,
            'mentor',
            old_rows.id,
            'deleted',
            jsonb_build_object('chapter_id', old_rows.chapter_id, 'user_id', old_rows.user_id, 'status', old_rows.status)
        )
        from old_rows;
    end if;
    return null;
end
$$;

comment on function private.tg_peer_mentors__record_changes is
'Trigger function of peer_mentors: an entry in administrative_changes for each mentor added, moved, merged, linked to
another user or contact, or deleted.';
revoke all on function private.tg_peer_mentors__record_changes from public, anon, authenticated, service_role;
