delete from private.logs where log_name = 'hlf_sync_audit_log';
drop table public.hlf_sync_audit_log;
drop type private.hlf_sync_verdict;
drop type private.hlf_sync_result;
drop table public.hlf_removals;
drop table public.hlf_sync_pauses;
drop index public.peer_mentors_contact;
drop table public.hlf_sync_state;
