-- A tile of level n holds the roots of trees of 256^n leaves, so every node is the root of a part of one tile.
create or replace function private.tree_node(
    height int,
    index bigint
)
returns bytea
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_level int := tree_node.height / 8;
    v_width int := 1 << (tree_node.height % 8);
    v_first bigint := tree_node.index * (1 << (tree_node.height % 8));
    v_hashes bytea;
begin
    select substring(tile.hashes from (v_first % 256)::int * 32 + 1 for v_width * 32)
    into v_hashes
    from private.seal_tiles as tile
    where tile.level = v_level and tile.tile = v_first / 256;
    if coalesce(length(v_hashes), 0) <> v_width * 32 then
        raise exception using
            errcode = 'PL008',
            message = format('Tile %s of level %s is missing or cut short.', v_first / 256, v_level),
            hint = 'Run `peerledger verify`: somebody changed the tables of the seals.';
    end if;
    return private.perfect_root(v_hashes);
end
$$;

comment on function private.tree_node is
'The hash over the 2^height leaves that begin at index * 2^height. Error: PL008. For our functions only.';
revoke all on function private.tree_node from public, anon, authenticated, service_role;
