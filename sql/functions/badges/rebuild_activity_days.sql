create or replace function private.rebuild_activity_days(
    mentor_ids uuid[]
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    delete from private.activity_days as day
    where day.mentor_id = any (rebuild_activity_days.mentor_ids);

    insert into private.activity_days
    select day.*
    from private.count_activity_days(rebuild_activity_days.mentor_ids) as day
$$;

comment on function private.rebuild_activity_days is
'Recomputes the rollup of these mentors from their activities. For our functions only; lock first.';
revoke all on function private.rebuild_activity_days from public, anon, authenticated, service_role;
