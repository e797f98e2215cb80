-- Anyone who inserts, also the owner: an activity on somebody's behalf and its log entry exist together
-- or not at all. One insert for the whole statement.
create or replace function private.tg_activities__log_proxy_inserted()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which clients may add only what is stamped
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count int := (select count(new_rows.coordinator_id) from new_rows);
begin
    if v_count = 0 then
        return null;
    end if;

    begin
        insert into public.proxy_audit_log (
            proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, organisation_id, payload_snapshot
        )
        select
            new_rows.id,
            -- register_proxy_activities says so for a bulk of one.
            case
                when v_count > 1 or current_setting('peerledger.registering', true) = 'bulk' then 'bulk_created'
                else 'created'
            end,
            new_rows.coordinator_id,
            new_rows.mentor_id,
            new_rows.organisation_id,
            -- By name: sessions that know an older row of activities go on.
            private.proxy_activity_record(jsonb_populate_record(null::public.activities, to_jsonb(new_rows)))
        from new_rows
        where new_rows.coordinator_id is not null;
    exception
        when others then
            perform private.refuse_unaudited(sqlstate);
    end;
    return null;
end
$$;

comment on function private.tg_activities__log_proxy_inserted is
'Trigger function of activities: one entry in proxy_audit_log for each activity registered by proxy. When it cannot be
written the statement fails with the error that prevented it.';
revoke all on function private.tg_activities__log_proxy_inserted from public, anon, authenticated, service_role;
