-- What the next batch would take; while entries are adopted, of those written since that began. It looks at each of them: ask once.
create or replace function private.seal_backlog(
    out entries bigint,
    out oldest_at timestamptz
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_statement text;
begin
    select string_agg(
        format(
            'select count(*) as entries, min(entry.%2$I) as oldest_at from public.%1$I as entry '
            'where entry.recorded_in >= $1 and not exists (select from private.sealed_entries as sealed '
            'where sealed.entry_time = entry.%2$I and sealed.entry_id = entry.id and sealed.log_code = %3$s)',
            code.log_name, log.time_column, code.log_code
        ), ' union all '
    )
    into v_statement
    from private.seal_codes as code
    inner join private.logs as log on log.log_name = code.log_name;
    execute 'select sum(entries), min(oldest_at) from (' || v_statement || ') as counted'
    into seal_backlog.entries, seal_backlog.oldest_at
    using coalesce((select state.look_from from private.seal_state as state), 0);
end
$$;

comment on function private.seal_backlog is
'How many log entries are not sealed yet, and since when the oldest has waited. For our functions only.';
revoke all on function private.seal_backlog from public, anon, authenticated, service_role;
