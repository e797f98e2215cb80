-- On a full disk (53…) there may be no room for the alert either, and nothing would say that entries are missing. So that is
-- no warning only: nothing is acknowledged, and whoever registered or reported it tries again.
create or replace function private.report_lost_entries(
    log_name text,
    what text,
    error_code text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_message text := report_lost_entries.what || ' could not be logged: ' || private.safe_error_text(report_lost_entries.error_code);
    v_key text := 'audit_write_failed:' || report_lost_entries.log_name;
begin
    if report_lost_entries.error_code like '53%' then
        perform private.write_alert('audit_write_failed', 'critical', v_message, v_key);
    else
        perform private.raise_alert('audit_write_failed', 'critical', v_message, v_key);
    end if;
end
$$;

comment on function private.report_lost_entries is
'Tells the operators that entries of a log are missing; what: whose, as a subject. A failure is a warning, but for 53…, when the
server has no room for the alert either. For our functions only.';
revoke all on function private.report_lost_entries from public, anon, authenticated, service_role;
