-- Definer: compares private tables with the activities.
create or replace function private.check_badge_rollups()
returns table (
    mentor_id uuid,
    difference text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select found.mentor_id, found.difference
    from private.badge_differences(array(select mentor.mentor_id from private.mentor_measures as mentor)) as found
$$;

comment on function private.check_badge_rollups is
'Recomputes rollups, measures and headroom from the activities and names every difference: none, unless something is wrong.
For operators.';
revoke all on function private.check_badge_rollups from public, anon, authenticated, service_role;
