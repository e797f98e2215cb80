create or replace function private.consistency_proof(
    old_size bigint,
    new_size bigint
)
returns bytea[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first bigint := 0;
    v_past bigint := consistency_proof.new_size;
    v_width bigint;
    -- The old tree itself needs no hash: whoever asks has its root.
    v_is_old_tree boolean := true;
    v_path bytea[] := array[]::bytea[];
begin
    if not coalesce(
        consistency_proof.old_size between 0 and consistency_proof.new_size
        and consistency_proof.new_size <= private.tree_size(), false
    ) then
        raise exception using
            errcode = '22023',
            message = format(
                'There is no proof that a tree of %s continues one of %s.', consistency_proof.new_size,
                consistency_proof.old_size
            );
    end if;
    if consistency_proof.old_size in (0, consistency_proof.new_size) then
        return v_path;
    end if;
    while v_past <> consistency_proof.old_size loop
        v_width := private.left_width(v_past - v_first);
        if consistency_proof.old_size <= v_first + v_width then
            v_path := private.range_root(v_first + v_width, v_past) || v_path;
            v_past := v_first + v_width;
        else
            v_path := private.range_root(v_first, v_first + v_width) || v_path;
            v_first := v_first + v_width;
            v_is_old_tree := false;
        end if;
    end loop;
    if not v_is_old_tree then
        v_path := private.range_root(v_first, v_past) || v_path;
    end if;
    return v_path;
end
$$;

comment on function private.consistency_proof is
'The hashes that show that the tree of new_size begins with the tree of old_size (RFC 9162); none for 0 or equal sizes. '
'Errors: 22023, PL008. For our functions and the runner.';
revoke all on function private.consistency_proof from public, anon, authenticated, service_role;
