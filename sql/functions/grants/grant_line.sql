-- What is hashed, and what an auditor reads years later: fields in this order, so that the same activity is the same line.
create or replace function private.grant_line(
    activity public.grant_activity
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        json_build_object(
            'activity_id', (grant_line.activity).activity_id,
            'mentor_id', (grant_line.activity).mentor_id,
            'coordinator_id', (grant_line.activity).coordinator_id,
            'activity_type', (grant_line.activity).activity_type,
            'occurred_on', to_char((grant_line.activity).occurred_on, 'YYYY-MM-DD'),
            'duration_minutes', (grant_line.activity).duration_minutes,
            'participant_count', (grant_line.activity).participant_count,
            'delivery_mode', (grant_line.activity).delivery_mode,
            'event_id', (grant_line.activity).event_id,
            'place', (grant_line.activity).place,
            'role', (grant_line.activity).role,
            'category', (grant_line.activity).category,
            'rule_id', (grant_line.activity).rule_id,
            'is_counted', (grant_line.activity).is_counted,
            'points', (grant_line.activity).points,
            'reasons', (grant_line.activity).reasons,
            'duplicate_of', (grant_line.activity).duplicate_of
        )::text
$$;

comment on function private.grant_line is
'An activity as a line of the list of its grant year, in JSON. For our functions only.';
revoke all on function private.grant_line from public, anon, authenticated, service_role;
