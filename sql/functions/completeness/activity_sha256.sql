-- The text of private.activity_change_record, put together by hand: an insert pays for it with every row. Type, mode, role and
-- place are codes, so nothing in it needs escaping. Most records bear one time twice, that of their transaction: its text is made
-- once a statement. No SET, so that it is inlined.
create or replace function private.activity_sha256(
    activity public.activities,
    stamp timestamptz default null,
    stamp_text text default null
)
returns bytea
language sql
stable
security invoker
as $$
    select sha256(convert_to(
        '{"id": "' || (activity_sha256.activity).id
        || coalesce('", "role": "' || (activity_sha256.activity).role, '')
        || coalesce('", "place": "' || (activity_sha256.activity).place, '')
        || coalesce('", "event_id": "' || (activity_sha256.activity).event_id, '')
        || '", "voided_at": '
        || case
            when (activity_sha256.activity).voided_at is null then 'null'
            else private.json_time((activity_sha256.activity).voided_at)
        end
        || ', "created_at": '
        || case
            when (activity_sha256.activity).created_at = activity_sha256.stamp then activity_sha256.stamp_text
            else private.json_time((activity_sha256.activity).created_at)
        end
        || ', "updated_at": '
        || case
            when (activity_sha256.activity).updated_at = activity_sha256.stamp then activity_sha256.stamp_text
            else private.json_time((activity_sha256.activity).updated_at)
        end
        || ', "occurred_on": ' || to_json((activity_sha256.activity).occurred_on)
        || ', "activity_type": "' || (activity_sha256.activity).activity_type
        || '", "delivery_mode": "' || (activity_sha256.activity).delivery_mode
        || '", "coordinator_id": '
        || case
            when (activity_sha256.activity).coordinator_id is null then 'null'
            else '"' || (activity_sha256.activity).coordinator_id || '"'
        end
        || ', "organisation_id": "' || (activity_sha256.activity).organisation_id
        || '", "duration_minutes": ' || (activity_sha256.activity).duration_minutes
        || ', "participant_count": ' || (activity_sha256.activity).participant_count
        || ', "attributed_mentor_id": "' || (activity_sha256.activity).mentor_id || '"}',
        'UTF8'
    ))
$$;

comment on function private.activity_sha256 is
'The sha256 of an activity''s record as private.activity_change_record gives it; stamp: a time whose text
(private.json_time) is known already. For our functions only.';
revoke all on function private.activity_sha256 from public, anon, authenticated, service_role;
