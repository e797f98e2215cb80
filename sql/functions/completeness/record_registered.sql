create or replace function private.record_registered(
    touched private.touched_mentor[]
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into public.activity_changes (organisation_id, activity_id, mentor_id, change_kind, changed_by, after)
    select
        activity.organisation_id,
        activity.id,
        activity.mentor_id,
        'registered',
        (select private.caller_id()),
        private.activity_change_record(to_jsonb(activity))
    from unnest(record_registered.touched) as mentor
    cross join unnest(mentor.activity_ids) as registered (activity_id)
    inner join public.activities as activity on activity.id = registered.activity_id
    -- Only an insert has hashes.
    where mentor.activity_hashes is not null
$$;

comment on function private.record_registered is
'An entry of activity_changes for each activity that an insert registered and no evaluation speaks of. For our functions only.';
revoke all on function private.record_registered from public, anon, authenticated, service_role;
