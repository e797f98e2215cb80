create or replace function private.leaf_measure(
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
    -- Sorted and distinct, so that the same measure is the same row however it was typed.
    select
        leaf_measure.leaf ->> 'metric',
        (select array_agg(distinct t.value order by t.value) from jsonb_array_elements_text(leaf_measure.leaf -> 'activity_types') as t),
        (select array_agg(distinct m.value order by m.value) from jsonb_array_elements_text(leaf_measure.leaf -> 'delivery_modes') as m),
        (leaf_measure.leaf ->> 'within_days')::int,
        (leaf_measure.leaf ->> 'from')::date,
        (leaf_measure.leaf ->> 'to')::date
$$;

comment on function private.leaf_measure is
'The measure of a leaf: its metric and filters, without the threshold. For our functions only.';
revoke all on function private.leaf_measure from public, anon, authenticated, service_role;
