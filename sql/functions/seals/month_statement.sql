-- Definer: reads the logs and the tree as their owner.
create or replace function private.month_statement(
    log_name text,
    month date
)
returns table (
    organisation_id uuid,
    entries bigint,
    first_leaf bigint,
    last_leaf bigint,
    root bytea
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_log record;
begin
    select code.log_code, log.time_column, log.organisation_column
    into v_log
    from private.seal_codes as code
    inner join private.logs as log on log.log_name = code.log_name
    where code.log_name = month_statement.log_name;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no log %s.', month_statement.log_name),
            hint = 'The logs are listed in private.seal_codes.';
    end if;
    return query execute format(
        $statement$
        with hashes as materialized (
            -- Each tile once, out of its storage, then cut.
            select tile.tile, tile.hashes || ''::bytea as hashes
            from private.seal_tiles as tile
            where
                tile.level = 0
                and tile.tile in (
                    select sealed.leaf_index / 256
                    from private.sealed_entries as sealed
                    where sealed.log_code = $1 and sealed.entry_time >= $2 and sealed.entry_time < $3
                )
        ),
        leaves as (
            select
                coalesce(entry.%1$I, erased.organisation_id) as organisation_id,
                sealed.leaf_index,
                substring(hashes.hashes from (sealed.leaf_index %% 256)::int * 32 + 1 for 32) as leaf
            from private.sealed_entries as sealed
            inner join hashes on hashes.tile = sealed.leaf_index / 256
            left join public.%2$I as entry on entry.id = sealed.entry_id and entry.%3$I = sealed.entry_time
            left join (
                select (event.details ->> 'leaf_index')::bigint as leaf_index, event.organisation_id
                from public.security_events as event
                where event.event_kind = 'entry_erased'
            ) as erased on erased.leaf_index = sealed.leaf_index
            where sealed.log_code = $1 and sealed.entry_time >= $2 and sealed.entry_time < $3
        )
        select
            organisation.id,
            count(leaves.leaf_index),
            min(leaves.leaf_index),
            max(leaves.leaf_index),
            private.list_root(string_agg(leaves.leaf, ''::bytea order by leaves.leaf_index))
        from public.organisations as organisation
        left join leaves on leaves.organisation_id = organisation.id
        where organisation.created_at < $3 or leaves.leaf_index is not null
        group by organisation.id
        order by organisation.id
        $statement$,
        v_log.organisation_column, month_statement.log_name, v_log.time_column
    )
    using
        v_log.log_code,
        date_trunc('month', month_statement.month)::timestamp at time zone 'utc',
        (date_trunc('month', month_statement.month) + interval '1 month')::timestamp at time zone 'utc';
end
$$;

comment on function private.month_statement is
'How many sealed entries of a log''s month (in UTC) are of each organisation, and the root over their leaves in the order of their
places; zeros too. Error: PT404. For our functions and the runner.';
revoke all on function private.month_statement from public, anon, authenticated, service_role;
