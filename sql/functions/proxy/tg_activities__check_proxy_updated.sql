-- A plain update by a client is held to the limits of update_proxy_activity.
create or replace function private.tg_activities__check_proxy_updated()
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
    v_findings private.proxy_finding[];
begin
    if not exists (select from new_rows where new_rows.coordinator_id is not null) then
        return null;
    end if;

    -- All mentors of the statement, in one go and in id order, as the badges lock them later.
    perform private.lock_mentor_measures((
        select array_agg(distinct touched.mentor_id)
        from (
            select new_rows.mentor_id from new_rows
            union all
            select old_rows.mentor_id from old_rows
        ) as touched
    ));

    v_findings := private.proxy_change_findings(
        (select array_agg(jsonb_populate_record(null::public.activities, to_jsonb(old_rows))) from old_rows),
        (select array_agg(jsonb_populate_record(null::public.activities, to_jsonb(new_rows))) from new_rows)
    );
    if v_findings is not null then
        perform private.raise_proxy_findings(v_findings, false);
    end if;
    return null;
end
$$;

comment on function private.tg_activities__check_proxy_updated is
'Trigger function of activities: refuses a change that goes beyond the limits of proxy registration. Error: 22023.';
revoke all on function private.tg_activities__check_proxy_updated from public, anon, authenticated, service_role;
