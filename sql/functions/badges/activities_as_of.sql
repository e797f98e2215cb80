-- What was known at the end of a day: what had been registered by then, as it stood then. What was changed since stands in the first
-- later entry of activity_changes as it was before. Without a moment: as it is.
create or replace function private.activities_as_of(
    mentor_id uuid,
    at timestamptz
)
returns setof private.known_activity
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if activities_as_of.at is null then
        return query
        select
            activity.id, activity.activity_type, activity.occurred_on, activity.duration_minutes, activity.participant_count,
            activity.delivery_mode, activity.voided_at is not null
        from public.activities as activity
        where activity.mentor_id = activities_as_of.mentor_id;
        return;
    end if;

    return query
    with later as (
        select distinct on (entry.activity_id) entry.activity_id, entry.before
        from public.activity_changes as entry
        where
            entry.organisation_id = (
                select mentor.organisation_id from public.peer_mentors as mentor where mentor.id = activities_as_of.mentor_id
            )
            and entry.changed_at >= activities_as_of.at
            and entry.change_kind <> 'registered'
        order by entry.activity_id, entry.changed_at, entry.id
    )
    select
        activity.id, activity.activity_type, activity.occurred_on, activity.duration_minutes, activity.participant_count,
        activity.delivery_mode, activity.voided_at is not null
    from public.activities as activity
    where
        activity.mentor_id = activities_as_of.mentor_id
        and activity.created_at < activities_as_of.at
        and not exists (select from later where later.activity_id = activity.id)
    union all
    select
        later.activity_id, later.before ->> 'activity_type', (later.before ->> 'occurred_on')::date,
        (later.before ->> 'duration_minutes')::int, (later.before ->> 'participant_count')::int, later.before ->> 'delivery_mode',
        later.before ->> 'voided_at' is not null
    from later
    where
        (later.before ->> 'attributed_mentor_id')::uuid = activities_as_of.mentor_id
        and (later.before ->> 'created_at')::timestamptz < activities_as_of.at;
end
$$;

comment on function private.activities_as_of is
'The activities of a mentor as they were known at a moment, or as they are (null). For our functions only.';
revoke all on function private.activities_as_of from public, anon, authenticated, service_role;
