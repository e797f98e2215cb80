-- Definer: reads the owner's tables, whoever of the operators asks.
create or replace function private.seal_status()
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_late constant interval := interval '1 hour';
    v_state private.seal_state;
    v_batch private.seal_batches;
    v_checkpoint private.seal_checkpoints;
    v_statement text;
    v_unsealed bigint;
    v_oldest timestamptz;
    v_not_covered_since timestamptz;
    v_problems jsonb := jsonb_build_array();
    v_unlisted text;
begin
    select * into v_state from private.seal_state;
    select * into v_batch from private.seal_batches order by tree_size desc limit 1;
    select * into v_checkpoint from private.seal_checkpoints order by tree_size desc limit 1;

    -- What the next batch would take; while entries are adopted, of those written since that began.
    select string_agg(
        format(
            'select count(*) as entries, min(entry.%2$I) as oldest from public.%1$I as entry '
            'where entry.recorded_in >= $1 and not exists (select from private.sealed_entries as sealed '
            'where sealed.entry_time = entry.%2$I and sealed.entry_id = entry.id and sealed.log_code = %3$s)',
            code.log_name, log.time_column, code.log_code
        ), ' union all '
    )
    into v_statement
    from private.seal_codes as code
    inner join private.logs as log on log.log_name = code.log_name;
    execute 'select sum(entries), min(oldest) from (' || v_statement || ') as counted'
    into v_unsealed, v_oldest
    using coalesce(v_state.look_from, 0);

    select string_agg(log.log_name, ', ' order by log.log_name)
    into v_unlisted
    from private.logs as log
    where not exists (
        select
        from private.seal_codes as code
        inner join private.seal_forms as form on form.log_name = code.log_name
        where code.log_name = log.log_name
    );
    if v_unlisted is not null then
        v_problems := v_problems || jsonb_build_object(
            'what', format('Not sealed at all: %s.', v_unlisted),
            'do', 'Add the log to private.seal_codes and private.seal_forms'
        );
    end if;
    if v_oldest < now() - c_late and coalesce(v_state.looked_at, '-infinity') < now() - c_late then
        v_problems := v_problems || jsonb_build_object(
            'what', format('%s log entries are not sealed, the oldest of %s UTC.', v_unsealed, to_char(v_oldest at time zone 'utc', 'YYYY-MM-DD HH24:MI')),
            'do', 'peerledger worker, or peerledger seal --once'
        );
    end if;
    if v_state.look_from_since < now() - c_late
        and pg_snapshot_xmin(pg_current_snapshot())::text::bigint = v_state.look_from
        and pg_snapshot_xmax(pg_current_snapshot())::text::bigint > v_state.look_from
    then
        v_problems := v_problems || jsonb_build_object(
            'what', 'A transaction has been writing, or has been prepared, for more than an hour; each seal reads again what was sealed since.',
            'do', 'see pg_stat_activity and pg_prepared_xacts'
        );
    end if;
    -- Since when something is in the tree that no checkpoint covers.
    select min(batch.sealed_at)
    into v_not_covered_since
    from private.seal_batches as batch
    where batch.tree_size > coalesce(v_checkpoint.tree_size, 0);
    if v_not_covered_since < now() - c_late then
        v_problems := v_problems || jsonb_build_object(
            'what', format(
                'The newest checkpoint does not cover what has been sealed since %s UTC.',
                to_char(v_not_covered_since at time zone 'utc', 'YYYY-MM-DD HH24:MI')
            ),
            'do', 'peerledger seal --once, which says why'
        );
    end if;
    return jsonb_build_object(
        'size', coalesce(v_batch.tree_size, 0),
        'root', encode(v_batch.root, 'hex'),
        'sealed_at', v_batch.sealed_at,
        'looked_at', v_state.looked_at,
        'origin', private.seal_origin(),
        'is_adopting', v_state.adopting_after is not null,
        'unsealed', v_unsealed,
        'oldest_unsealed_at', v_oldest,
        'checkpoint_size', v_checkpoint.tree_size,
        'checkpoint_root', encode(decode(split_part(v_checkpoint.note, chr(10), 3), 'base64'), 'hex'),
        'checkpoint_at', v_checkpoint.made_at,
        'checkpoint_is_signed', v_checkpoint.note like '%' || chr(10) || chr(8212) || ' %',
        'problems', v_problems
    );
end
$$;

comment on function private.seal_status is
'The size and root of the tree, its newest checkpoint, what is not sealed yet, and problems: what needs a person, and what
that person does. For the runner and the report.';
revoke all on function private.seal_status from public, anon, authenticated, service_role;
