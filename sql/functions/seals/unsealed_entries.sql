-- Invoker, to be run by a role that no policy binds: what a policy hides from the owner is what is looked for.
create or replace function private.unsealed_entries(
    max_findings int default 1000
)
returns table (
    log_name text,
    entry_id uuid,
    entry_time timestamptz
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state private.seal_state;
    v_statement text;
begin
    perform private.require_between('max_findings', unsealed_entries.max_findings, 1, 1000000);
    select * into v_state from private.seal_state;
    -- Before the first seal, and while entries are adopted, every entry will still be taken.
    if v_state.look_from is null or v_state.adopting_after is not null then
        return;
    end if;
    select string_agg(
        format(
            'select %1$L, entry.id, entry.%2$I from public.%1$I as entry '
            'where (entry.recorded_in < $1 or entry.recorded_in >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint) '
            'and not exists (select from private.sealed_entries as sealed '
            'where sealed.entry_time = entry.%2$I and sealed.entry_id = entry.id and sealed.log_code = %3$s)',
            code.log_name, log.time_column, code.log_code
        ), ' union all '
        order by code.log_code
    )
    into v_statement
    from private.seal_codes as code
    inner join private.logs as log on log.log_name = code.log_name;
    -- A place that is none of the tree's keeps an entry from being sealed, too.
    return query execute v_statement
        || ' union all select code.log_name, sealed.entry_id, sealed.entry_time from private.sealed_entries as sealed '
        'inner join private.seal_codes as code on code.log_code = sealed.log_code '
        'where sealed.leaf_index < 0 or sealed.leaf_index >= $3 limit $2'
    using v_state.look_from, unsealed_entries.max_findings, private.tree_size();
end
$$;

comment on function private.unsealed_entries is
'Entries that no batch will ever take: their number is outside what is still looked at, and they have no leaf. Error:
22023. For the runner, as a role with BYPASSRLS.';
revoke all on function private.unsealed_entries from public, anon, authenticated, service_role;
