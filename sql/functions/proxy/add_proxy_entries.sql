-- Entries that are there already are sent again: they are returned as they stand.
create or replace function private.add_proxy_entries(
    entries private.proxy_entry[],
    coordinator_id uuid
)
returns setof public.activities
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.activities (
        id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on,
        duration_minutes, participant_count, delivery_mode
    )
    select
        entry.id, mentor.organisation_id, entry.mentor_id, add_proxy_entries.coordinator_id, entry.activity_type,
        entry.occurred_on, entry.duration_minutes, entry.participant_count, entry.delivery_mode
    from unnest(add_proxy_entries.entries) as entry
    inner join public.peer_mentors as mentor on mentor.id = entry.mentor_id
    where not exists (
        select
        from public.activities as activity
        where activity.id = entry.id
    )
    order by entry.entry_index;

    return query
    select activity.*
    from unnest(add_proxy_entries.entries) as entry
    inner join public.activities as activity on activity.id = entry.id
    order by entry.entry_index;
end
$$;

comment on function private.add_proxy_entries is
'Inserts judged entries in one statement and returns the activities in their order. For our functions only.';
revoke all on function private.add_proxy_entries from public, anon, authenticated, service_role;
