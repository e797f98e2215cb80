create or replace function private.criteria_leaves(
    criteria jsonb
)
returns table (
    path text,
    leaf jsonb
)
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with recursive nodes as (
        select '$' as path, criteria_leaves.criteria as node
        union all
        select
            format('%s.%s[%s]', parent.path, branch.key, child.ordinality - 1),
            child.value
        from nodes as parent
        cross join lateral jsonb_each(parent.node) as branch
        cross join lateral jsonb_array_elements(branch.value) with ordinality as child
        where branch.key in ('all', 'any')
    )
    select nodes.path, nodes.node
    from nodes
    where nodes.node ? 'metric'
$$;

comment on function private.criteria_leaves is
'The leaves of well-formed criteria, each with its JSON path. For our functions only.';
revoke all on function private.criteria_leaves from public, anon, authenticated, service_role;
