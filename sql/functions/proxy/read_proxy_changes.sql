create or replace function private.read_proxy_changes(
    activity public.activities,
    changes jsonb,
    out changed public.activities[],
    out findings private.proxy_finding[]
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entries private.proxy_entry[];
    v_entry private.proxy_entry;
    v_changed public.activities;
    v_voided_at timestamptz := read_proxy_changes.activity.voided_at;
begin
    select reading.read_entries, reading.findings
    into v_entries, read_proxy_changes.findings
    from private.read_proxy_entries(jsonb_build_array(
        jsonb_build_object(
            'mentor_id', read_proxy_changes.activity.mentor_id,
            'activity_type', read_proxy_changes.activity.activity_type,
            'occurred_on', read_proxy_changes.activity.occurred_on,
            'duration_minutes', read_proxy_changes.activity.duration_minutes,
            'participant_count', read_proxy_changes.activity.participant_count,
            'delivery_mode', read_proxy_changes.activity.delivery_mode
        ) || (read_proxy_changes.changes - array['id', 'voided_at'])
    )) as reading;

    -- What an entry may leave out has a default there; a change to nothing is no change.
    select read_proxy_changes.findings || array_agg(
        row(0, sent.key, 'error', 'cannot be changed to that', '22023')::private.proxy_finding order by sent.key
    )
    into read_proxy_changes.findings
    from jsonb_each(read_proxy_changes.changes) as sent
    where
        sent.key = 'id'
        or (sent.key in ('participant_count', 'delivery_mode') and jsonb_typeof(sent.value) = 'null');

    if read_proxy_changes.changes ? 'voided_at' then
        begin
            v_voided_at := (read_proxy_changes.changes ->> 'voided_at')::timestamptz;
            if read_proxy_changes.changes ->> 'voided_at' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]' then
                raise invalid_datetime_format;
            end if;
        exception
            when data_exception then
                read_proxy_changes.findings := read_proxy_changes.findings || row(
                    0, 'voided_at', 'error', 'is neither null nor a time such as "2026-01-31T12:00:00Z"', '22023'
                )::private.proxy_finding;
        end;
    end if;

    v_entry := v_entries[1];
    v_changed := read_proxy_changes.activity;
    v_changed.mentor_id := v_entry.mentor_id;
    v_changed.activity_type := v_entry.activity_type;
    v_changed.occurred_on := v_entry.occurred_on;
    v_changed.duration_minutes := v_entry.duration_minutes;
    v_changed.participant_count := v_entry.participant_count;
    v_changed.delivery_mode := v_entry.delivery_mode;
    v_changed.voided_at := v_voided_at;
    read_proxy_changes.changed := array[v_changed];
end
$$;

comment on function private.read_proxy_changes is
'The activity (one) with the changes of update_proxy_activity in it, and all that is wrong with their form. For our functions only.';
revoke all on function private.read_proxy_changes from public, anon, authenticated, service_role;
