create or replace function private.seal_structure_problems(
    first_leaf bigint,
    past_leaf bigint
)
returns table (
    problem text,
    leaf_index bigint
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_clocks_differ constant interval := interval '1 minute';
    v_batch record;
    v_root bytea;
    v_height int := 8;
    v_level int := 0;
begin
    -- Each full tile against the hash that stands for it one level up.
    while v_height <= 56 and (seal_structure_problems.past_leaf >> v_height) > 0 loop
        return query
        select
            format('tile %s of level %s is not what level %s says', listed.tile, v_level, v_level + 1),
            listed.tile << v_height
        from generate_series(
            seal_structure_problems.first_leaf >> v_height, (seal_structure_problems.past_leaf >> v_height) - 1
        ) as listed (tile)
        left join private.seal_tiles as lower on lower.level = v_level and lower.tile = listed.tile
        left join private.seal_tiles as upper on upper.level = v_level + 1 and upper.tile = listed.tile / 256
        where
            coalesce(length(lower.hashes), 0) <> 8192
            or private.perfect_root(lower.hashes) is distinct from
            substring(upper.hashes from (listed.tile % 256)::int * 32 + 1 for 32)
        order by listed.tile;
        v_height := v_height + 8;
        v_level := v_level + 1;
    end loop;

    for v_batch in
        select
            batch.tree_size, batch.first_index, batch.root, batch.sealed_at,
            former.tree_size as former_size, former.sealed_at as former_at, covering.attested_at
        from (
            select each_batch.*, lag(each_batch.tree_size) over (order by each_batch.tree_size) as size_before
            from private.seal_batches as each_batch
        ) as batch
        left join private.seal_batches as former on former.tree_size = batch.size_before
        left join lateral (
            select receipt.attested_at
            from private.seal_receipts as receipt
            where receipt.tree_size >= batch.tree_size and receipt.attested_at is not null
            order by receipt.tree_size, receipt.attested_at
            limit 1
        ) as covering on true
        where
            batch.tree_size > seal_structure_problems.first_leaf and batch.tree_size <= seal_structure_problems.past_leaf
        order by batch.tree_size
    loop
        seal_structure_problems.leaf_index := v_batch.first_index;
        if v_batch.first_index <> coalesce(v_batch.former_size, 0) then
            seal_structure_problems.problem := format('a batch before the one of size %s is missing', v_batch.tree_size);
            return next;
        end if;
        -- Later than a checkpoint that covers it was seen by somebody whose clock is not ours.
        if v_batch.sealed_at < v_batch.former_at or v_batch.sealed_at > v_batch.attested_at + c_clocks_differ then
            seal_structure_problems.problem := format('clock went back before the batch of size %s', v_batch.tree_size);
            return next;
        end if;
        begin
            v_root := private.range_root(0, v_batch.tree_size);
        exception
            when sqlstate 'PL008' then
                v_root := null;
        end;
        if v_root is distinct from v_batch.root then
            seal_structure_problems.problem := format('root of the batch of size %s is not what the tiles say', v_batch.tree_size);
            return next;
        end if;
    end loop;
end
$$;

comment on function private.seal_structure_problems is
'Tiles that do not fit the tiles above them, batches that do not fit their roots or one another. For private.verify_seal only.';
revoke all on function private.seal_structure_problems from public, anon, authenticated, service_role;
