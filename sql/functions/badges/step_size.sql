create or replace function private.step_size(
    step jsonb
)
returns bigint[]
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        array[
            coalesce(sum((entry.value ->> 'activity_count')::bigint), 0),
            (step_size.step ->> 'until')::date - date '1970-01-01',
            coalesce(sum((entry.value ->> 'minutes_total')::bigint), 0),
            coalesce(sum((entry.value ->> 'participants_total')::bigint), 0)
        ]::bigint[]
    from jsonb_array_elements(step_size.step -> 'entries') as entry
$$;

comment on function private.step_size is
'How much a step is, to compare: activities, then the day by which it is done, minutes, participants. For our functions only.';
revoke all on function private.step_size from public, anon, authenticated, service_role;
