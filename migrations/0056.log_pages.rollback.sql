set role peerledger_owner;

drop index public.badge_evaluation_logs_time;
drop index public.hlf_sync_audit_log_time;
drop index public.certification_expiry_audit_log_time;
drop index public.proxy_audit_log_time;
drop index public.mentor_status_changes_time;
drop index public.activity_changes_time;
drop index public.administrative_changes_time;
drop index public.proxy_audit_log_mentor;

reset role;
