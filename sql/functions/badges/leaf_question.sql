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
        leaf_question.leaf ->> 'metric',
        (select array_agg(distinct t.value order by t.value) from jsonb_array_elements_text(leaf_question.leaf -> 'activity_types') as t),
        (select array_agg(distinct m.value order by m.value) from jsonb_array_elements_text(leaf_question.leaf -> 'delivery_modes') as m),
        (leaf_question.leaf ->> 'within_days')::int,
        (leaf_question.leaf ->> 'from')::date,
        (leaf_question.leaf ->> 'to')::date
$$;

comment on function private.leaf_question is
'What a leaf asks, without its threshold. For our functions only.';
revoke all on function private.leaf_question from public, anon, authenticated, service_role;
