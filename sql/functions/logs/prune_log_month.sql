-- Definer: the only way by which a part of a log goes. It trusts nothing that could have been changed: the partition is
-- the one with the month's bounds, whatever its name; the five years are written here; floor, holds and every entry
-- are looked at again, under a lock that lets nobody add to the month; and what changed of the guards is recorded first.
create or replace function private.prune_log_month(
    log_name text,
    month date,
    expected_rows bigint,
    expected_sha256 text,
    file_sha256 text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
-- The text of an entry depends on these three.
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
    c_starts_at constant timestamptz := prune_log_month.month::timestamp at time zone 'utc';
    c_ends_at constant timestamptz := (prune_log_month.month + interval '1 month') at time zone 'utc';
    v_partition regclass;
    v_name text;
    v_state record;
    v_rows bigint;
    v_sha256 text;
    v_time_column text := (select log.time_column from private.logs as log where log.log_name = prune_log_month.log_name);
    v_unsealed bigint;
    v_changed bigint;
    v_last_leaf bigint;
begin
    perform private.mark_guards('look');
    select part.partition
    into v_partition
    from private.log_partitions(prune_log_month.log_name) as part
    where part.starts_at = c_starts_at and part.ends_at = c_ends_at;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('%s has no month %s.', prune_log_month.log_name, prune_log_month.month),
            hint = 'Give the first day of a month that has a partition.';
    end if;
    -- With it, no hold can be set and no entry added until this is over.
    lock table public.legal_holds in share mode;
    v_name := v_partition::text;
    execute format('lock table %s in access exclusive mode', v_name);

    select found.is_past_floor, found.is_held
    into v_state
    from private.log_months() as found
    where found.log_name = prune_log_month.log_name and found.month = prune_log_month.month;
    if c_ends_at > now() - interval '60 months' or not coalesce(v_state.is_past_floor, false) then
        raise exception using
            errcode = 'PL005',
            message = format('%s of %s must be kept.', prune_log_month.month, prune_log_month.log_name),
            hint = 'Only whole months that are older than the log''s retention can be removed.';
    end if;
    if coalesce(v_state.is_held, true) then
        raise exception using
            errcode = 'PL005',
            message = format('%s of %s is under a legal hold.', prune_log_month.month, prune_log_month.log_name),
            hint = 'See public.legal_holds; the month can go when the hold is lifted.';
    end if;

    select count(*), encode(sha256(coalesce(string_agg(sha256(convert_to(entry.line, 'UTF8')), '' order by entry.number), '')), 'hex')
    into v_rows, v_sha256
    from private.read_log_month(prune_log_month.log_name, prune_log_month.month)
    with ordinality as entry (line, number);
    if v_rows is distinct from prune_log_month.expected_rows or v_sha256 is distinct from prune_log_month.expected_sha256 then
        raise exception using
            errcode = '22023',
            message = format('The archive is not what %s of %s holds now.', prune_log_month.month, prune_log_month.log_name),
            detail = format('%s entries, archived: %s.', v_rows, prune_log_month.expected_rows),
            hint = 'An entry was added since, or the file is of another log or month. Nothing was removed; archive the month again.';
    end if;

    -- What goes must be provable without it: each entry by its leaf, and the leaves by a checkpoint that somebody has.
    execute format(
        $statement$
        select
            count(*) filter (where sealed.leaf_index is null),
            count(*) filter (
                where substring(tile.hashes from (sealed.leaf_index %% 256)::int * 32 + 1 for 32)
                is distinct from private.leaf_hash(%1$L, %2$s) and sealed.leaf_index is not null
            ),
            max(sealed.leaf_index)
        from public.%1$I as entry
        left join private.sealed_entries as sealed
            on
                sealed.entry_time = entry.%3$I
                and sealed.entry_id = entry.id
                and sealed.log_code = (select code.log_code from private.seal_codes as code where code.log_name = %1$L)
        left join private.seal_tiles as tile on tile.level = 0 and tile.tile = sealed.leaf_index / 256
        where entry.%3$I >= $1 and entry.%3$I < $2
        $statement$,
        prune_log_month.log_name, private.entry_line_sql(prune_log_month.log_name, 'entry', 'sealed.leaf_index'),
        v_time_column
    )
    into v_unsealed, v_changed, v_last_leaf
    using c_starts_at, c_ends_at;
    if v_unsealed > 0 or v_last_leaf >= (select coalesce(max(receipt.tree_size), 0) from private.seal_receipts as receipt) then
        raise exception using
            errcode = 'PL007',
            message = format('%s of %s is not sealed yet.', prune_log_month.month, prune_log_month.log_name),
            detail = case
                when v_unsealed > 0 then format('%s entries have no leaf.', v_unsealed)
                else 'No checkpoint that covers its entries was sent out.'
            end,
            hint = 'Run `peerledger seal --once`, and archive the month then. Nothing was removed.';
    end if;
    if v_changed > 0 then
        raise exception using
            errcode = 'PL008',
            message = format('%s entries of %s of %s are not what was sealed.', v_changed, prune_log_month.month, prune_log_month.log_name),
            hint = 'Run `peerledger verify`: somebody changed them. Nothing was removed.';
    end if;

    execute format('alter table public.%I detach partition %s', prune_log_month.log_name, v_name);
    execute format('drop table %s', v_name);
    perform private.record_security_event(
        'log_archived', prune_log_month.log_name,
        details => jsonb_build_object(
            'object', v_name,
            'month', prune_log_month.month,
            'entries', v_rows,
            'entries_sha256', v_sha256,
            'file_sha256', substring(prune_log_month.file_sha256 from '^[0-9a-f]{64}$')
        )
    );
    perform private.mark_guards('archive');
end
$$;

comment on function private.prune_log_month is
'Removes an archived month of a log and records that. Errors: PL005 below the retention floor or under a legal hold, '
'PL007 when an entry has no leaf or no checkpoint that covers it was sent out, PL008 when one is not what was sealed, '
'22023 when the month is not what was archived, PT404. For the runner.';
revoke all on function private.prune_log_month from public, anon, authenticated, service_role;
