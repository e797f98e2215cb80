-- Every update of a row that is or was by proxy, also one that turns it into the mentor's own: the
-- newest entry always shows the activity as it stands. An update that changes nothing leaves none.
create or replace function private.tg_activities__log_proxy_updated()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which clients may add only what is stamped
set search_path = pg_catalog, pg_temp
-- Old rows meet new ones by hashes or in order, also in a plan that is kept from a statement of one row.
set enable_nestloop = off
as $$
begin
    if
        not exists (select from new_rows where new_rows.coordinator_id is not null)
        and not exists (select from old_rows where old_rows.coordinator_id is not null)
    then
        return null;
    end if;

    begin
        insert into public.proxy_audit_log (
            proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, organisation_id, payload_snapshot
        )
        select
            new_rows.id,
            'updated',
            -- Who acts, also through the service role. Work without a user: who vouches for it on the record.
            coalesce((select private.caller_id()), new_rows.coordinator_id, old_rows.coordinator_id),
            new_rows.mentor_id,
            new_rows.organisation_id,
            -- By name: sessions that know an older row of activities go on.
            private.proxy_activity_record(jsonb_populate_record(null::public.activities, to_jsonb(new_rows)))
        from new_rows
        left join old_rows on old_rows.id = new_rows.id
        where
            coalesce(new_rows.coordinator_id, old_rows.coordinator_id) is not null
            -- A client that sends again what is there has changed nothing.
            and row(new_rows.*) is distinct from row(old_rows.*);
    exception
        when others then
            perform private.refuse_unaudited(sqlstate);
    end;
    return null;
end
$$;

comment on function private.tg_activities__log_proxy_updated is
'Trigger function of activities: one entry in proxy_audit_log for each changed activity that is or was by proxy. When it
cannot be written the statement fails with the error that prevented it.';
revoke all on function private.tg_activities__log_proxy_updated from public, anon, authenticated, service_role;
