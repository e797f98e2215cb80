-- Times are written in UTC whatever the session's time zone: two states are compared as they stand.
create or replace function private.proxy_activity_record(
    activity public.activities
)
returns jsonb
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'id', activity.id,
        'organisation_id', activity.organisation_id,
        'coordinator_id', activity.coordinator_id,
        'attributed_mentor_id', activity.mentor_id,
        'activity_type', activity.activity_type,
        'occurred_on', activity.occurred_on,
        'duration_minutes', activity.duration_minutes,
        'participant_count', activity.participant_count,
        'delivery_mode', activity.delivery_mode,
        'voided_at', (to_jsonb(activity.voided_at at time zone 'utc') #>> '{}') || '+00:00',
        'created_at', (to_jsonb(activity.created_at at time zone 'utc') #>> '{}') || '+00:00',
        'updated_at', (to_jsonb(activity.updated_at at time zone 'utc') #>> '{}') || '+00:00'
    );
end
$$;

comment on function private.proxy_activity_record is
'The ProxyActivityRecord of an activity: all that proxy_audit_log says of it. For our functions only.';
revoke all on function private.proxy_activity_record from public, anon, authenticated, service_role;
