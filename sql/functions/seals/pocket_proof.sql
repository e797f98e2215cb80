-- Definer: reads the logs and the tree as their owner. Who may ask is decided by whoever calls it.
create or replace function private.pocket_proof(
    log_name text,
    entry_id uuid,
    tree_size bigint default null,
    seen_sizes bigint[] default '{}'
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
    v_log record;
    v_entry record;
    v_stored bytea;
    v_size bigint := pocket_proof.tree_size;
    v_note text;
begin
    select code.log_code, log.time_column
    into v_log
    from private.seal_codes as code
    inner join private.logs as log on log.log_name = code.log_name
    where code.log_name = pocket_proof.log_name;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no log %s.', pocket_proof.log_name),
            hint = 'The logs are listed in private.seal_codes.';
    end if;

    -- An id is unique with its time only; the first one that was sealed, if there are two.
    execute format(
        'select sealed.leaf_index, found.line from (select entry.* from public.%1$I as entry where entry.id = $1) as entry '
        'left join private.sealed_entries as sealed on sealed.entry_time = entry.%2$I and sealed.entry_id = entry.id '
        'and sealed.log_code = %3$s cross join lateral (select %4$s as line) as found order by sealed.leaf_index limit 1',
        pocket_proof.log_name, v_log.time_column, v_log.log_code,
        private.entry_line_sql(pocket_proof.log_name, 'entry', 'sealed.leaf_index')
    )
    into v_entry
    using pocket_proof.entry_id;
    if v_entry.line is null then
        raise exception using
            errcode = 'PT404',
            message = format('%s has no entry %s.', pocket_proof.log_name, pocket_proof.entry_id),
            hint = 'If its month was archived, the entry is in the archive''s file.';
    end if;

    if v_size is null then
        select max(newest.tree_size) into v_size from private.seal_checkpoints as newest;
        if v_size is null then
            v_size := private.tree_size();
        end if;
    end if;
    if v_entry.leaf_index is null or v_entry.leaf_index >= v_size then
        raise exception using
            errcode = 'PL007',
            message = format('The entry %s is not sealed yet.', pocket_proof.entry_id),
            detail = format('The tree that was asked of has %s entries.', v_size),
            hint = 'An entry is sealed some seconds after it was written and is in the next checkpoint, within 15 minutes; '
            '`peerledger seal --once` does both now.';
    end if;

    select substring(tile.hashes from (v_entry.leaf_index % 256)::int * 32 + 1 for 32)
    into v_stored
    from private.seal_tiles as tile
    where tile.level = 0 and tile.tile = v_entry.leaf_index / 256;
    if v_stored is distinct from private.leaf_hash(pocket_proof.log_name, v_entry.line) then
        raise exception using
            errcode = 'PL008',
            message = format('The entry %s is not what was sealed.', pocket_proof.entry_id),
            hint = 'Run `peerledger verify`: somebody changed the entry or the tables of the seals.';
    end if;

    select signed.note into v_note from private.seal_checkpoints as signed where signed.tree_size = v_size;
    return jsonb_build_object(
        'format', 'peerledger-proof/1',
        'log', pocket_proof.log_name,
        'line', v_entry.line,
        'index', v_entry.leaf_index,
        'inclusion', (
            select coalesce(jsonb_agg(encode(step.hash, 'base64') order by step.number), '[]')
            from unnest(private.inclusion_proof(v_entry.leaf_index, v_size)) with ordinality as step (hash, number)
        ),
        'checkpoint', coalesce(v_note, private.checkpoint_text(v_size) || chr(10)),
        'consistency', (
            select
                coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'from', link.old_size,
                            'to', link.new_size,
                            'hashes', (
                                select coalesce(jsonb_agg(encode(step.hash, 'base64') order by step.number), '[]')
                                from unnest(private.consistency_proof(link.old_size, link.new_size))
                                with ordinality as step (hash, number)
                            )
                        )
                        order by link.old_size, link.new_size
                    ), '[]'
                )
            from (
                select distinct least(seen.size, v_size) as old_size, greatest(seen.size, v_size) as new_size
                from unnest(pocket_proof.seen_sizes) as seen (size)
                where seen.size <> v_size
            ) as link
        )
    )
    -- What others said of this checkpoint, where they were asked.
    || jsonb_strip_nulls(
        jsonb_build_object(
            'timestamp', (
                select jsonb_build_object('token', translate(encode(receipt.receipt, 'base64'), e'\n', ''))
                from private.seal_receipts as receipt
                where receipt.tree_size = v_size and receipt.kind = 'timestamp'
                order by receipt.received_at
                limit 1
            ),
            'cosignatures', (
                select jsonb_agg(line.text order by receipt.received_at, line.number)
                from private.seal_receipts as receipt
                cross join string_to_table(convert_from(receipt.receipt, 'UTF8'), e'\n') with ordinality as line (text, number)
                where receipt.tree_size = v_size and receipt.kind = 'witness' and line.text <> ''
            )
        )
    );
end
$$;

comment on function private.pocket_proof is
'What proves an entry to somebody who has a checkpoint and nothing else: its line, its place, the hashes up to the root of
the tree of that size (the newest checkpoint''s if not given), and those that link it to trees that were seen; the time stamp and the cosignatures of that checkpoint, if there are any. Errors:
PT404, PL007 not sealed yet, PL008 when the entry is not what was sealed, 22023. For our functions and the runner.';
revoke all on function private.pocket_proof from public, anon, authenticated, service_role;
