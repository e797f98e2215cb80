-- By name: sessions that know an older row of activities go on.
create or replace function private.activity_change_record(
    activity jsonb
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        private.proxy_activity_record(jsonb_populate_record(null::public.activities, activity_change_record.activity))
        || jsonb_strip_nulls(jsonb_build_object(
            'event_id', activity_change_record.activity -> 'event_id',
            'place', activity_change_record.activity -> 'place',
            'role', activity_change_record.activity -> 'role'
        ))
$$;

comment on function private.activity_change_record is
'An activity as activity_changes has it: its ProxyActivityRecord, and what was recorded of the meeting for grants, where it was. For our functions only.';
revoke all on function private.activity_change_record from public, anon, authenticated, service_role;
