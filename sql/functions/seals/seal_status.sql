-- Definer: reads the owner's tables, whoever of the operators asks.
create or replace function private.seal_status()
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        jsonb_build_object(
            'size', coalesce(batch.tree_size, 0),
            'root', encode(batch.root, 'hex'),
            'sealed_at', batch.sealed_at,
            'looked_at', state.looked_at,
            'origin', private.seal_origin(),
            'is_adopting', state.adopting_after is not null,
            'unsealed', backlog.entries,
            'oldest_unsealed_at', backlog.oldest_at,
            'checkpoint_size', checkpoint.tree_size,
            'checkpoint_root', encode(decode(split_part(checkpoint.note, chr(10), 3), 'base64'), 'hex'),
            'checkpoint_at', checkpoint.made_at,
            'checkpoint_is_signed', checkpoint.note like '%' || chr(10) || chr(8212) || ' %',
            'problems', private.seal_problems()
        )
    from private.seal_backlog() as backlog
    left join private.seal_state as state on true
    left join (
        select made.* from private.seal_batches as made order by made.tree_size desc limit 1
    ) as batch on true
    left join (
        select made.* from private.seal_checkpoints as made order by made.tree_size desc limit 1
    ) as checkpoint on true
$$;

comment on function private.seal_status is
'The size and root of the tree, its newest checkpoint, what is not sealed yet, and problems (private.seal_problems). For the runner
and the report.';
revoke all on function private.seal_status from public, anon, authenticated, service_role;
