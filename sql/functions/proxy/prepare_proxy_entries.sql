-- Definer: looks at mentors and activities that the caller may not see, and locks.
create or replace function private.prepare_proxy_entries(
    entries jsonb,
    coordinator_id uuid,
    dry_run boolean,
    out prepared private.proxy_entry[],
    out findings private.proxy_finding[]
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_standings private.proxy_standing[];
begin
    select reading.read_entries, reading.findings
    into prepare_proxy_entries.prepared, prepare_proxy_entries.findings
    from private.read_proxy_entries(prepare_proxy_entries.entries) as reading;

    v_standings := private.proxy_standings(
        prepare_proxy_entries.coordinator_id,
        (select array_agg(entry.mentor_id) from unnest(prepare_proxy_entries.prepared) as entry)
    );

    -- Before the limits are asked: anyone who registers for the same mentor waits, or is counted already.
    if not prepare_proxy_entries.dry_run then
        perform private.lock_mentor_measures(
            array(select known.mentor_id from unnest(v_standings) as known where known.standing = 'in_scope')
        );
    end if;

    prepare_proxy_entries.findings := prepare_proxy_entries.findings || private.validate_proxy_entries(
        prepare_proxy_entries.prepared, v_standings, prepare_proxy_entries.coordinator_id
    );
end
$$;

comment on function private.prepare_proxy_entries is
'Reads and validates entries; unless it is a dry run, with their mentors locked until the end of the transaction. For our functions
only.';
revoke all on function private.prepare_proxy_entries from public, anon, authenticated, service_role;
