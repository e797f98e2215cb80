-- A plain insert by a client is held to the limits of register_proxy_activities; who may register for
-- whom, the policies say. Our RPCs have looked before, and what the service role brings in is history.
create or replace function private.tg_activities__check_proxy_inserted()
returns trigger
language plpgsql
volatile
security definer -- sums up activities regardless of who may see them, and locks
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_entries private.proxy_entry[];
    v_findings private.proxy_finding[];
begin
    select array_agg(
        row(
            0, new_rows.id, new_rows.mentor_id, new_rows.activity_type, new_rows.occurred_on,
            new_rows.duration_minutes, new_rows.participant_count, new_rows.delivery_mode
        )::private.proxy_entry
    )
    into v_entries
    from new_rows
    where new_rows.coordinator_id is not null;
    if v_entries is null then
        return null;
    end if;

    -- All mentors of the statement, in one go and in id order, as the badges lock them later.
    perform private.lock_mentor_measures((select array_agg(distinct new_rows.mentor_id) from new_rows));

    select array_agg(finding)
    into v_findings
    from private.proxy_limit_findings(
        v_entries,
        private.proxy_standings(null, (select array_agg(entry.mentor_id) from unnest(v_entries) as entry))
    ) as finding;
    if v_findings is not null then
        perform private.raise_proxy_findings(v_findings, false);
    end if;
    return null;
end
$$;

comment on function private.tg_activities__check_proxy_inserted is
'Trigger function of activities: refuses what is beyond the limits of proxy registration. Error: 22023.';
revoke all on function private.tg_activities__check_proxy_inserted from public, anon, authenticated, service_role;
