-- Entries that are there already were sent again: they stay as they stand. What another session registered
-- under the same id since they were judged, for another mentor (ours are locked), is judged now.
create or replace function private.insert_proxy_entries(
    entries private.proxy_entry[],
    coordinator_id uuid,
    is_bulk boolean
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_added uuid[];
    v_skipped private.proxy_entry[];
    v_findings private.proxy_finding[];
begin
    with added as (
        insert into public.activities as activity (
            id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on,
            duration_minutes, participant_count, delivery_mode
        )
        select
            entry.id, mentor.organisation_id, entry.mentor_id, insert_proxy_entries.coordinator_id, entry.activity_type,
            entry.occurred_on, entry.duration_minutes, entry.participant_count, entry.delivery_mode
        from unnest(insert_proxy_entries.entries) as entry
        inner join public.peer_mentors as mentor on mentor.id = entry.mentor_id
        -- In id order: two sessions with the same ids wait for each other in one direction.
        order by entry.id
        on conflict (id) do nothing
        returning activity.id
    )
    select array_agg(added.id)
    into v_added
    from added;

    v_skipped := array(
        select entry
        from unnest(insert_proxy_entries.entries) as entry
        where not coalesce(entry.id = any (v_added), false)
    );
    if cardinality(v_skipped) > 0 then
        v_findings := private.validate_proxy_entries(
            v_skipped,
            private.proxy_standings(
                insert_proxy_entries.coordinator_id, (select array_agg(entry.mentor_id) from unnest(v_skipped) as entry)
            ),
            insert_proxy_entries.coordinator_id
        );
        if v_findings is not null then
            perform private.raise_proxy_findings(v_findings, insert_proxy_entries.is_bulk);
        end if;
    end if;
end
$$;

comment on function private.insert_proxy_entries is
'Inserts judged entries in one statement. Errors: PL006 (bulk) or 22023 when an id was taken meanwhile. For our functions
only.';
revoke all on function private.insert_proxy_entries from public, anon, authenticated, service_role;
