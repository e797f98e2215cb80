-- The triggers may have been switched off for a while: then the rollup lacks what was written meanwhile.
create or replace function private.distrust_stale_rollups(
    mentor_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    update private.mentor_measures as mentor
    set catalogue_version = null
    from (
        select distinct difference.mentor_id
        from private.rollup_differences(distrust_stale_rollups.mentor_ids) as difference
    ) as stale
    where mentor.mentor_id = stale.mentor_id;
end
$$;

comment on function private.distrust_stale_rollups is
'Marks those of these mentors whose rollup disagrees with their activities; the next evaluation recomputes it. For our
functions only; lock first.';
revoke all on function private.distrust_stale_rollups from public, anon, authenticated, service_role;
