-- Gives committed entries their places in the tree. What is exact about it:
--
-- recorded_in is the number of an entry's top-level transaction. Everything that a snapshot does not see yet was written
-- by a transaction whose number is not below the snapshot's xmin. So whoever takes, each time, every visible entry from
-- the xmin of the last snapshot on that has no leaf yet, misses none and takes none twice – however slow, nested or
-- prepared the transactions are. A time, a sequence or the system column xmin would not do: see docs/evidence.md.
--
-- Where numbers restarted (a restored dump, the first seal of all), entries are adopted whatever their number, partition
-- by partition, and the rule goes on from the snapshot at which that began.
--
-- Definer: the tables of the seals and the logs belong to the owner.
create or replace function private.seal_logs(
    max_entries int default 50000
)
returns private.seal_batches
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- The text of an entry depends on these three.
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
-- A partition that is locked has its turn the next time.
set lock_timeout = '5s'
as $$
declare
    c_enough_bytes constant bigint := 33554432;
    v_state private.seal_state;
    v_server record;
    v_snapshot pg_snapshot;
    v_forms jsonb;
    v_sources text;
    v_keys text[];
    v_logs text[];
    v_conditions text[];
    v_are_last boolean;
    v_is_adoption boolean := false;
    v_first bigint;
    v_taken record;
    v_batch private.seal_batches;
    v_level int := 0;
    v_old_width bigint;
    v_new_width bigint;
    v_form record;
begin
    perform private.require_between('max_entries', seal_logs.max_entries, 1, 1000000);
    if not pg_try_advisory_xact_lock(hashtextextended('peerledger seal', 0)) then
        raise exception using
            errcode = 'PL004',
            message = 'The logs are being sealed already.',
            hint = 'Another worker or `peerledger seal` is at it; the next time will do.';
    end if;
    -- Here and not as a SET of the function, which is undone before the commit: a checkpoint that went out must not
    -- speak of a batch that a crash then takes back.
    perform set_config('synchronous_commit', 'on', true);
    perform private.require_readable_logs();

    -- With the lock only: before it, another seal may not have been committed yet.
    select * into v_state from private.seal_state;
    select * into v_server from private.server_identity();
    v_first := private.tree_size();
    v_old_width := v_first;
    v_snapshot := pg_current_snapshot();
    if v_state.look_from is null
        or v_state.system_identifier is distinct from v_server.system_identifier
        or v_state.look_from > pg_snapshot_xmax(v_snapshot)::text::bigint
    then
        v_state.adopting_after := '';
        v_state.look_from := pg_snapshot_xmin(v_snapshot)::text::bigint;
        v_state.look_from_since := clock_timestamp();
    end if;

    select jsonb_object_agg(newest.log_name, newest.form)
    into v_forms
    from (
        select form.log_name, max(form.form) as form
        from private.seal_forms as form
        group by form.log_name
    ) as newest;

    if v_state.adopting_after is not null then
        select
            array_agg(source.position_key order by source.position_key),
            array_agg(source.log_name order by source.position_key),
            array_agg(source.condition order by source.position_key),
            bool_or(source.is_last)
        into v_keys, v_logs, v_conditions, v_are_last
        from private.adoption_sources(v_state.adopting_after, c_enough_bytes) as source;
        v_is_adoption := v_keys is not null;
        if not v_is_adoption then
            v_state.adopting_after := null;
        end if;
    end if;
    if not v_is_adoption then
        select
            array_agg(code.log_name order by code.log_code),
            array_agg(
                'entry.recorded_in >= $1 and entry.recorded_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint'::text
            )
        into v_logs, v_conditions
        from private.seal_codes as code
        where exists (select from private.seal_forms as form where form.log_name = code.log_name);
    end if;

    -- The hash after the limit: within it, every row that is sorted would be hashed.
    select string_agg(
        format(
            'select %1$s::smallint as log_code, %2$s as source, fresh.recorded_in, fresh.%3$I as entry_time, '
            'fresh.id as entry_id, private.leaf_hash(%4$L, %5$s) as leaf '
            'from (select entry.* from public.%4$I as entry where %6$s '
            'and not exists (select from private.sealed_entries as sealed '
            'where sealed.entry_time = entry.%3$I and sealed.entry_id = entry.id and sealed.log_code = %1$s) '
            'order by entry.recorded_in, entry.%3$I, entry.id limit $2) as fresh',
            source.log_code, source.number, source.time_column, source.log_name,
            private.entry_line_sql(source.log_name, 'fresh'), source.condition
        ), ' union all '
    )
    into v_sources
    from (
        select code.log_code, log.log_name, log.time_column, listed.condition, listed.number
        from unnest(v_logs, v_conditions) with ordinality as listed (log_name, condition, number)
        inner join private.seal_codes as code on code.log_name = listed.log_name
        inner join private.logs as log on log.log_name = listed.log_name
    ) as source;

    -- Takes, numbers, maps and hashes in one statement: its snapshot is the one that the rule speaks of.
    execute format(
        $statement$
        with taken as materialized (%s),
        numbered as materialized (
            select
                $3 + row_number() over (order by recorded_in, entry_time, log_code, entry_id) - 1 as leaf_index, taken.*
            from taken
        ),
        mapped as (
            insert into private.sealed_entries (leaf_index, entry_time, entry_id, log_code)
            select leaf_index, entry_time, entry_id, log_code from numbered order by leaf_index
        ),
        tiled as (
            insert into private.seal_tiles (level, tile, hashes)
            select 0, leaf_index / 256, string_agg(leaf, ''::bytea order by leaf_index) from numbered group by leaf_index / 256
            on conflict (level, tile) do update set hashes = seal_tiles.hashes || excluded.hashes
        ),
        counted as (
            select log_code, source, count(*) as entries, max(recorded_in) as highest from taken group by log_code, source
        )
        select
            pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest_running,
            coalesce(sum(counted.entries), 0)::bigint as entries,
            min(counted.highest) filter (where counted.entries >= $2) as go_on_from,
            min(counted.source) filter (where counted.entries >= $2) as first_cut_short,
            (
                select jsonb_object_agg(code.log_name, by_log.entries)
                from (select log_code, sum(entries) as entries from counted group by log_code) as by_log
                inner join private.seal_codes as code on code.log_code = by_log.log_code
            ) as rows_by_log
        from counted
        $statement$, v_sources
    )
    into v_taken
    using v_state.look_from, seal_logs.max_entries, v_first;

    if v_is_adoption then
        -- Done up to the first partition that had more than the limit.
        v_state.adopting_after := case
            when v_taken.first_cut_short is null and v_are_last then null
            when v_taken.first_cut_short is null then v_keys[cardinality(v_keys)]
            when v_taken.first_cut_short > 1 then v_keys[v_taken.first_cut_short - 1]
            else v_state.adopting_after
        end;
    else
        if least(v_taken.oldest_running, v_taken.go_on_from) > v_state.look_from then
            v_state.look_from_since := clock_timestamp();
        end if;
        v_state.look_from := least(v_taken.oldest_running, v_taken.go_on_from);
    end if;
    -- Also when nothing was new: or it would look at the same numbers for ever.
    update private.seal_state as state
    set
        look_from = v_state.look_from,
        looked_at = clock_timestamp(),
        look_from_since = v_state.look_from_since,
        system_identifier = v_server.system_identifier,
        timeline = v_server.timeline,
        adopting_after = v_state.adopting_after;
    if v_taken.entries = 0 then
        return null;
    end if;

    -- Each tile that became full gives a hash to the level above.
    v_new_width := v_first + v_taken.entries;
    while v_new_width / 256 > 0 loop
        insert into private.seal_tiles (level, tile, hashes)
        select v_level + 1, above.tile, string_agg(above.hash, ''::bytea order by above.position)
        from (
            select full_tile.tile / 256 as tile, full_tile.tile as position, private.perfect_root(full_tile.hashes) as hash
            from private.seal_tiles as full_tile
            where
                full_tile.level = v_level
                and full_tile.tile >= v_old_width / 256
                and full_tile.tile < v_new_width / 256
        ) as above
        group by above.tile
        on conflict (level, tile) do update set hashes = seal_tiles.hashes || excluded.hashes;
        v_level := v_level + 1;
        v_old_width := v_old_width / 256;
        v_new_width := v_new_width / 256;
    end loop;

    -- What an auditor must know of a form: from when on it holds, and which columns it covers.
    for v_form in
        select form.log_name, form.form, form.columns
        from private.seal_forms as form
        where
            form.form = (v_forms ->> form.log_name)::int
            and form.form is distinct from (
                select (last_batch.forms ->> form.log_name)::int
                from private.seal_batches as last_batch
                order by last_batch.tree_size desc
                limit 1
            )
        order by form.log_name
    loop
        perform private.record_security_event(
            'seal_form_added', v_form.log_name,
            details => jsonb_build_object('form', v_form.form, 'columns', to_jsonb(v_form.columns))
        );
    end loop;

    insert into private.seal_batches (
        tree_size, first_index, root, look_from, system_identifier, timeline, is_adoption, forms, rows_by_log
    )
    values (
        v_first + v_taken.entries, v_first, private.range_root(0, v_first + v_taken.entries), v_state.look_from,
        v_server.system_identifier, v_server.timeline, v_is_adoption, v_forms, v_taken.rows_by_log
    )
    returning * into v_batch;
    return v_batch;
end
$$;

comment on function private.seal_logs is
'Adds committed entries that have no leaf yet to the tree, at most so many of each log, and returns the batch; null when
nothing is new. Errors: PL004 while another seals, PL008 when the seals are damaged or a log is hidden, 55P03 when a
partition is locked, 22023. For the runner.';
revoke all on function private.seal_logs from public, anon, authenticated, service_role;
