-- depends: 0055.late_requests
-- The newest entries of whatever organisations the caller belongs to: read backwards in time until the page is full, and not all
-- that they have. And the proxy log of one mentor. A large database may have them made partition by partition beforehand, under
-- these names.
set role peerledger_owner;

create index if not exists badge_evaluation_logs_time on public.badge_evaluation_logs (triggered_at);
create index if not exists hlf_sync_audit_log_time on public.hlf_sync_audit_log (created_at);
create index if not exists certification_expiry_audit_log_time on public.certification_expiry_audit_log ("timestamp");
create index if not exists proxy_audit_log_time on public.proxy_audit_log ("timestamp");
create index if not exists mentor_status_changes_time on public.mentor_status_changes (changed_at);
create index if not exists activity_changes_time on public.activity_changes (changed_at);
create index if not exists administrative_changes_time on public.administrative_changes (changed_at);
create index if not exists proxy_audit_log_mentor on public.proxy_audit_log (attributed_mentor_id, "timestamp");

reset role;
