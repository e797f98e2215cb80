create or replace function private.range_root(
    first bigint,
    past bigint
)
returns bytea
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint := range_root.past - range_root.first;
    v_at bigint := range_root.first;
    v_parts bytea[] := array[]::bytea[];
    v_root bytea;
begin
    if v_count = 0 then
        return sha256(''::bytea);
    end if;
    for v_height in reverse 62..0 loop
        if v_count & (1::bigint << v_height) > 0 then
            v_parts := v_parts || private.tree_node(v_height, v_at >> v_height);
            v_at := v_at + (1::bigint << v_height);
        end if;
    end loop;
    v_root := v_parts[cardinality(v_parts)];
    for v_part in reverse cardinality(v_parts) - 1..1 loop
        v_root := sha256('\x01'::bytea || v_parts[v_part] || v_root);
    end loop;
    return v_root;
end
$$;

comment on function private.range_root is
'The root over the leaves from first to the one before past, as RFC 9162 cuts a tree: first must be a multiple of the
power of two that is not smaller than their number. Error: PL008. For our functions and the runner.';
revoke all on function private.range_root from public, anon, authenticated, service_role;
