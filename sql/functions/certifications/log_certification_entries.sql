create or replace function private.log_certification_entries(
    run_id uuid,
    entries private.certification_entry[]
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into public.certification_expiry_audit_log (
        run_id, mentor_id, certification_id, event_type, old_status, new_status,
        threshold_days, "timestamp", error_message, organisation_id
    )
    select
        log_certification_entries.run_id, entry.mentor_id, entry.certification_id, entry.event_type, entry.old_status,
        entry.new_status, entry.threshold_days, entry.entered_at, entry.error_message, entry.organisation_id
    from unnest(log_certification_entries.entries) as entry;
    return null;
exception
    -- The contract: a run succeeds also when its entries cannot be written. The status history, the
    -- reminders and the outbox have what it did.
    when others then
        raise warning 'peerledger: the entries of certification run % could not be written (%)',
            log_certification_entries.run_id, sqlstate;
        perform private.raise_alert(
            'audit_write_failed',
            'critical',
            'The entries of a certification run could not be written: ' || private.safe_error_text(sqlstate)
            || ' mentor_status_changes and cert_expiry_reminders have what the run did.',
            'audit_write_failed:certification_expiry_audit_log',
            details => jsonb_build_object('run_id', log_certification_entries.run_id)
        );
        return 'The audit entries could not be written: ' || private.safe_error_text(sqlstate);
end
$$;

comment on function private.log_certification_entries is
'Writes a run''s entries in one insert; returns null, or a note on why that failed, which is a warning and an alert and
not an error. For our functions only.';
revoke all on function private.log_certification_entries from public, anon, authenticated, service_role;
