create or replace function private.leaf_question(
    leaf jsonb
)
returns table (
    metric text,
    activity_types text[],
    delivery_modes text[],
    within_days int,
    from_on date,
    to_on date
)
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- Sorted and distinct, so that the same question is the same row however it was typed.
    select
        leaf ->> 'metric',
        (select array_agg(distinct t.value order by t.value) from jsonb_array_elements_text(leaf -> 'activity_types') as t),
        (select array_agg(distinct m.value order by m.value) from jsonb_array_elements_text(leaf -> 'delivery_modes') as m),
        (leaf ->> 'within_days')::int,
        (leaf ->> 'from')::date,
        (leaf ->> 'to')::date
$$;

comment on function private.leaf_question is
'What a leaf asks, without its threshold. For our functions only.';
revoke all on function private.leaf_question from public, anon, authenticated, service_role;
