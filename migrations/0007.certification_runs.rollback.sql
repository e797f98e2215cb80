delete from private.logs where log_name in ('certification_expiry_audit_log', 'mentor_status_changes');
drop table public.mentor_status_changes;
drop table public.certification_expiry_audit_log;
drop type private.mentor_message;
drop type private.certification_entry;
drop type private.certification_event;
drop table public.cert_expiry_reminders;
drop table private.certification_run_totals;
drop table public.certification_expiry_runs;
drop index public.certifications_expiry;
alter table public.peer_mentors drop constraint status_reason_is_short, drop column status_reason;
alter table public.organisation_settings
drop constraint reminder_thresholds_are_within_ten_years, drop column certification_reminders_enabled;
