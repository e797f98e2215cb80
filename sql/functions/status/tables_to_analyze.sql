-- Of each page that a table has now, the planner expects reltuples / relpages rows. Where the table was analyzed while nothing but
-- dead rows was in its pages that is none, and it goes on to be none for a million. Where relpages is 0 or reltuples -1 it knows
-- nothing, and guesses.
--
-- A partitioned table is left out: its size is its partitions', and autovacuum never looks at it. On a standby nobody can do anything.
create or replace function private.tables_to_analyze()
returns table (
    table_name text,
    row_count bigint,
    size_bytes bigint,
    obstacle text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with constant as (
        select
            -- Each row with each of so many is what takes minutes.
            10000 as many_rows,
            128 as many_pages,
            -- The planner is seldom exact, and need not be.
            100 as wrong_by
    ),
    listed as materialized (
        select
            class.oid,
            class.relpages,
            class.reltuples,
            pg_stat_get_live_tuples(class.oid) as live_rows,
            pg_stat_get_live_tuples(class.oid) + pg_stat_get_dead_tuples(class.oid) as counted_rows,
            pg_stat_get_mod_since_analyze(class.oid) as changed_rows,
            coalesce(
                pg_stat_get_last_analyze_time(class.oid), pg_stat_get_last_autoanalyze_time(class.oid),
                pg_stat_get_last_vacuum_time(class.oid), pg_stat_get_last_autovacuum_time(class.oid)
            ) is not null as is_known,
            coalesce(
                (
                    select option.option_value::boolean
                    from pg_options_to_table(class.reloptions) as option
                    where option.option_name = 'autovacuum_enabled'
                ), true
            ) as is_enabled,
            coalesce(
                (
                    select option.option_value
                    from pg_options_to_table(class.reloptions) as option
                    where option.option_name = 'autovacuum_analyze_threshold'
                ), current_setting('autovacuum_analyze_threshold')
            )::numeric
            + coalesce(
                (
                    select option.option_value
                    from pg_options_to_table(class.reloptions) as option
                    where option.option_name = 'autovacuum_analyze_scale_factor'
                ), current_setting('autovacuum_analyze_scale_factor')
            )::numeric * greatest(class.reltuples, 0)::numeric as changes_awaited
        from pg_class as class
        where
            class.relkind = 'r'
            and class.relowner = to_regrole('peerledger_owner')
            and class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
            and not pg_is_in_recovery()
    ),
    -- The size is asked of the file system, and waits for who alters the table: of those few that it is needed of.
    sized as materialized (
        select listed.*, pg_relation_size(listed.oid) as bytes
        from listed
        cross join constant
        where
            (listed.live_rows >= constant.many_rows and listed.reltuples * constant.wrong_by < listed.live_rows)
            or (not listed.is_known and listed.reltuples * constant.wrong_by <= listed.relpages)
    ),
    judged as (
        select
            sized.*,
            sized.bytes / current_setting('block_size')::int as pages,
            -- The counters go in a crash, in an upgrade and with pg_stat_reset. They are then of less than there must be.
            not sized.is_known and sized.counted_rows < sized.bytes / current_setting('block_size')::int as is_lost
        from sized
    )
    select
        judged.oid::regclass::text,
        case when not judged.is_lost then judged.live_rows end,
        judged.bytes,
        case
            when 'off' in (current_setting('autovacuum'), current_setting('track_counts')) then 'autovacuum is off'
            when not judged.is_enabled then 'autovacuum is off for them'
            when judged.changed_rows <= judged.changes_awaited then 'no changes of theirs were counted'
        end
    from judged
    cross join constant
    where
        case when judged.is_lost then judged.pages >= constant.many_pages else judged.live_rows >= constant.many_rows end
        and (
            judged.relpages = 0
            or judged.reltuples < 0
            or judged.reltuples / nullif(judged.relpages, 0) * judged.pages * constant.wrong_by
            < case when judged.is_lost then judged.pages else judged.live_rows end
        )
    order by judged.bytes desc, judged.oid
$$;

comment on function private.tables_to_analyze is
'Our tables of many rows whose statistics are missing or call them all but empty. row_count: null where the counters were lost. obstacle:
why autovacuum will not see to it, null where it will. For our functions and the runner.';
revoke all on function private.tables_to_analyze from public, anon, authenticated, service_role;
