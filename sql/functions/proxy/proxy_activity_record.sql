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
        'id', proxy_activity_record.activity.id,
        'organisation_id', proxy_activity_record.activity.organisation_id,
        'coordinator_id', proxy_activity_record.activity.coordinator_id,
        'attributed_mentor_id', proxy_activity_record.activity.mentor_id,
        'activity_type', proxy_activity_record.activity.activity_type,
        'occurred_on', proxy_activity_record.activity.occurred_on,
        'duration_minutes', proxy_activity_record.activity.duration_minutes,
        'participant_count', proxy_activity_record.activity.participant_count,
        'delivery_mode', proxy_activity_record.activity.delivery_mode,
        'voided_at', (to_jsonb(proxy_activity_record.activity.voided_at at time zone 'utc') #>> '{}') || '+00:00',
        'created_at', (to_jsonb(proxy_activity_record.activity.created_at at time zone 'utc') #>> '{}') || '+00:00',
        'updated_at', (to_jsonb(proxy_activity_record.activity.updated_at at time zone 'utc') #>> '{}') || '+00:00'
    );
end
$$;

comment on function private.proxy_activity_record is
'The ProxyActivityRecord of an activity: all that proxy_audit_log says of it. For our functions only.';
revoke all on function private.proxy_activity_record from public, anon, authenticated, service_role;
