-- Only the service role and the staff delete. The log then ends as for one that was voided at that moment, since from
-- then on it counts for nothing; that the row is gone, and who did it, is in activity_changes.
create or replace function private.tg_activities__log_proxy_deleted()
returns trigger
language plpgsql
volatile
security definer -- adds to a log to which clients may add only what is stamped
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.proxy_audit_log (
        proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, organisation_id, payload_snapshot
    )
    select
        old_rows.id,
        'updated',
        coalesce((select private.caller_id()), old_rows.coordinator_id),
        old_rows.mentor_id,
        old_rows.organisation_id,
        -- By name: sessions that know an older row of activities go on.
        private.proxy_activity_record(
            jsonb_populate_record(
                null::public.activities,
                to_jsonb(old_rows)
                || jsonb_build_object('voided_at', now(), 'updated_at', now())
            )
        )
    from old_rows
    where old_rows.coordinator_id is not null and old_rows.voided_at is null;
    return null;
exception
    when others then
        perform private.refuse_unaudited(sqlstate);
        return null;
end
$$;

comment on function private.tg_activities__log_proxy_deleted is
'Trigger function of activities: a last entry in proxy_audit_log, voided, for each activity by proxy that was deleted and not voided before. When it
cannot be written the statement fails with the error that prevented it.';
revoke all on function private.tg_activities__log_proxy_deleted from public, anon, authenticated, service_role;
