-- Definer: reads the logs and the tree as their owner.
create or replace function private.evidence_entries(
    organisation_id uuid,
    log_name text,
    month date,
    tree_size bigint
)
returns table (
    leaf_index bigint,
    leaf bytea,
    line text,
    is_erased boolean
)
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
begin
    select code.log_code, log.time_column, log.organisation_column
    into strict v_log
    from private.seal_codes as code
    inner join private.logs as log on log.log_name = code.log_name
    where code.log_name = evidence_entries.log_name;
    return query execute format(
        $statement$
        select
            sealed.leaf_index,
            substring(tile.hashes from (sealed.leaf_index %% 256)::int * 32 + 1 for 32),
            case when entry.id is not null then %1$s end,
            entry.id is null
        from private.sealed_entries as sealed
        inner join private.seal_tiles as tile on tile.level = 0 and tile.tile = sealed.leaf_index / 256
        left join public.%2$I as entry on entry.id = sealed.entry_id and entry.%3$I = sealed.entry_time
        left join public.security_events as event
            on
                event.event_kind = 'entry_erased'
                and entry.id is null
                and event.details ->> 'leaf_index' = sealed.leaf_index::text
        where
            sealed.log_code = $1
            and sealed.entry_time >= $2
            and sealed.entry_time < $3
            and sealed.leaf_index < $5
            and coalesce(entry.%4$I, event.organisation_id) = $4
        order by sealed.leaf_index
        $statement$,
        private.entry_line_sql(evidence_entries.log_name, 'entry', 'sealed.leaf_index'), evidence_entries.log_name,
        v_log.time_column, v_log.organisation_column
    )
    using
        v_log.log_code,
        date_trunc('month', evidence_entries.month)::timestamp at time zone 'utc',
        (date_trunc('month', evidence_entries.month) + interval '1 month')::timestamp at time zone 'utc',
        evidence_entries.organisation_id,
        evidence_entries.tree_size;
end
$$;

comment on function private.evidence_entries is
'The sealed entries of an organisation''s month in a log, in the order of their places, as far as a tree of that size has them; of
an erased one its leaf only. For `peerledger evidence`.';
revoke all on function private.evidence_entries from public, anon, authenticated, service_role;
