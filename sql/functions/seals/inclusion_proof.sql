create or replace function private.inclusion_proof(
    leaf_index bigint,
    tree_size bigint
)
returns bytea[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first bigint := 0;
    v_past bigint := inclusion_proof.tree_size;
    v_width bigint;
    v_path bytea[] := array[]::bytea[];
begin
    if not coalesce(inclusion_proof.leaf_index >= 0 and inclusion_proof.leaf_index < inclusion_proof.tree_size, false)
        or inclusion_proof.tree_size > private.tree_size()
    then
        raise exception using
            errcode = '22023',
            message = format('A tree of %s has no leaf %s.', inclusion_proof.tree_size, inclusion_proof.leaf_index);
    end if;
    -- From the root down: the half without the leaf is on the path.
    while v_past - v_first > 1 loop
        v_width := private.left_width(v_past - v_first);
        if inclusion_proof.leaf_index < v_first + v_width then
            v_path := private.range_root(v_first + v_width, v_past) || v_path;
            v_past := v_first + v_width;
        else
            v_path := private.range_root(v_first, v_first + v_width) || v_path;
            v_first := v_first + v_width;
        end if;
    end loop;
    return v_path;
end
$$;

comment on function private.inclusion_proof is
'The hashes that lead from a leaf to the root of the tree of that size, from the sibling upwards (RFC 9162). '
'Errors: 22023, PL008. For our functions and the runner.';
revoke all on function private.inclusion_proof from public, anon, authenticated, service_role;
