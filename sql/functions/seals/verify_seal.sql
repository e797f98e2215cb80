-- Hashes every entry anew and compares 256 at a time with the tile that holds their leaves; only where a tile differs
-- is each leaf looked at. Then tiles are compared with the tiles above them, and batches with their roots.
--
-- Invoker, to be run by a role that no policy binds: what a policy hides is not missing.
create or replace function private.verify_seal(
    first_leaf bigint default 0,
    past_leaf bigint default null,
    max_findings int default 1000
)
returns table (
    problem text,
    log_name text,
    leaf_index bigint,
    entry_id uuid,
    entry_time timestamptz
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
    c_chunk constant bigint := 65536;
    v_size bigint := private.tree_size();
    v_past bigint := least(coalesce(verify_seal.past_leaf, v_size), v_size);
    v_at bigint := coalesce(verify_seal.first_leaf, 0) / 256 * 256;
    v_end bigint;
    v_sources text;
    v_starts bigint[];
    v_floors timestamptz[];
    v_found record;
    v_reported int := 0;
    v_unreported bigint := 0;
begin
    perform private.require_between('max_findings', verify_seal.max_findings, 1, 1000000);
    if verify_seal.first_leaf < 0 then
        raise exception using errcode = '22023', message = 'first_leaf must not be negative.';
    end if;

    while v_at < v_past loop
        v_end := least(v_at + c_chunk, v_past);
        select string_agg(
            format(
                'select mapped.leaf_index, mapped.log_code, mapped.entry_time, mapped.entry_id, '
                'case when entry.id is not null then private.leaf_hash(%1$L, %2$s) end as leaf '
                'from mapped left join public.%1$I as entry on entry.id = mapped.entry_id '
                'and entry.%3$I = mapped.entry_time and entry.%3$I >= %4$L and entry.%3$I <= %5$L '
                'where mapped.log_code = %6$s',
                code.log_name, private.entry_line_sql(code.log_name, 'entry', 'mapped.leaf_index'), log.time_column,
                span.earliest, span.latest, code.log_code
            ), ' union all '
        )
        into v_sources
        from (
            select sealed.log_code, min(sealed.entry_time) as earliest, max(sealed.entry_time) as latest
            from private.sealed_entries as sealed
            where sealed.leaf_index >= v_at and sealed.leaf_index < v_end
            group by sealed.log_code
        ) as span
        inner join private.seal_codes as code on code.log_code = span.log_code
        inner join private.logs as log on log.log_name = code.log_name;

        -- Before which time an entry of each batch is suspicious: an hour before the batch before it. Adopted entries
        -- were there before there were batches.
        select
            array_agg(batch.first_index order by batch.first_index),
            array_agg(case when not batch.is_adoption then batch.before_at - interval '1 hour' end order by batch.first_index)
        into v_starts, v_floors
        from (
            select each_batch.*, former.sealed_at as before_at
            from private.seal_batches as each_batch
            left join private.seal_batches as former on former.tree_size = each_batch.first_index
            where each_batch.tree_size > v_at and each_batch.first_index < v_end
        ) as batch;

        for v_found in execute format(
            $statement$
            with mapped as materialized (
                select sealed.* from private.sealed_entries as sealed where sealed.leaf_index >= $1 and sealed.leaf_index < $2
            ),
            hashed as materialized (%s),
            compared as materialized (
                select
                    coalesce(tile.tile, made.tile) as tile,
                    substring(tile.hashes for (least($2, (coalesce(tile.tile, made.tile) + 1) * 256)
                        - coalesce(tile.tile, made.tile) * 256)::int * 32) as hashes
                from (
                    select
                        leaf_index / 256 as tile,
                        string_agg(coalesce(leaf, '\x'::bytea), ''::bytea order by leaf_index) as hashes
                    from hashed
                    group by leaf_index / 256
                ) as made
                full join (
                    select stored.tile, stored.hashes
                    from private.seal_tiles as stored
                    where stored.level = 0 and stored.tile >= $1 / 256 and stored.tile < ($2 + 255) / 256
                ) as tile on tile.tile = made.tile
                where
                    made.hashes is distinct from substring(tile.hashes for (least($2, (coalesce(tile.tile, made.tile) + 1) * 256)
                        - coalesce(tile.tile, made.tile) * 256)::int * 32)
            ),
            -- Once as a whole and out of its storage, then cut.
            opened as materialized (select tile, hashes || ''::bytea as hashes from compared),
            places as (
                select
                    place.leaf_index, hashed.log_code, hashed.entry_id, hashed.entry_time, hashed.leaf,
                    nullif(substring(opened.hashes from (place.leaf_index - opened.tile * 256)::int * 32 + 1 for 32), ''::bytea)
                    as stored
                from opened
                cross join lateral (
                    select listed as leaf_index
                    from generate_series(opened.tile * 256, least($2, (opened.tile + 1) * 256) - 1) as listed
                ) as place
                left join hashed on hashed.leaf_index = place.leaf_index
            ),
            judged as (
                select
                    case
                        when places.stored is null then 'no leaf in its tile'
                        when places.entry_id is null then 'no entry for a leaf'
                        when places.leaf = places.stored then null
                        when places.leaf is not null then 'changed'
                        when archived.is_lawful then null
                        when archived.is_lawful is not null then 'archived too early'
                        when exists (
                            select from private.seal_erased() as erased
                            where erased.leaf_index = places.leaf_index and erased.leaf = places.stored
                        ) then null
                        else 'missing'
                    end as problem,
                    places.*
                from places
                left join private.seal_archived() as archived
                    on
                        archived.log_code = places.log_code
                        and places.leaf is null
                        and places.entry_time >= archived.from_time
                        and places.entry_time < archived.past_time
                union all
                select 'back-dated', mapped.leaf_index, mapped.log_code, mapped.entry_id, mapped.entry_time, null, null
                from mapped
                where mapped.entry_time < $4[width_bucket(mapped.leaf_index, $3)]
            )
            select judged.problem, code.log_name, judged.leaf_index, judged.entry_id, judged.entry_time
            from judged
            left join private.seal_codes as code on code.log_code = judged.log_code
            where judged.problem is not null
            order by judged.leaf_index, judged.problem
            $statement$,
            coalesce(
                v_sources,
                'select leaf_index, log_code, entry_time, entry_id, null::bytea as leaf from mapped'
            )
        )
        using v_at, v_end, v_starts, v_floors
        loop
            if v_reported < verify_seal.max_findings then
                v_reported := v_reported + 1;
                verify_seal.problem := v_found.problem;
                verify_seal.log_name := v_found.log_name;
                verify_seal.leaf_index := v_found.leaf_index;
                verify_seal.entry_id := v_found.entry_id;
                verify_seal.entry_time := v_found.entry_time;
                return next;
            else
                v_unreported := v_unreported + 1;
            end if;
        end loop;
        v_at := v_at + c_chunk;
    end loop;

    for v_found in
        select found.problem, found.leaf_index
        from private.seal_structure_problems(coalesce(verify_seal.first_leaf, 0) / 256 * 256, v_past) as found
    loop
        if v_reported < verify_seal.max_findings then
            v_reported := v_reported + 1;
            verify_seal.problem := v_found.problem;
            verify_seal.log_name := null;
            verify_seal.leaf_index := v_found.leaf_index;
            verify_seal.entry_id := null;
            verify_seal.entry_time := null;
            return next;
        else
            v_unreported := v_unreported + 1;
        end if;
    end loop;
    if v_unreported > 0 then
        verify_seal.problem := format('%s more', v_unreported);
        verify_seal.log_name := null;
        verify_seal.leaf_index := null;
        verify_seal.entry_id := null;
        verify_seal.entry_time := null;
        return next;
    end if;
end
$$;

comment on function private.verify_seal is
'What is wrong with the entries of these leaves, or of all: changed, missing, no entry for a leaf, archived too early,
back-dated, a tile or root that does not fit, a clock that went back. Nothing: sound. The last row may count "… more".
Error: 22023. For the runner, as a role with BYPASSRLS.';
revoke all on function private.verify_seal from public, anon, authenticated, service_role;
