set role peerledger_owner;
drop trigger if exists _100_keep_log_floor on private.logs;
delete from private.logs where log_name in ('activity_changes', 'administrative_changes');
drop table public.activity_changes;
drop table public.administrative_changes;
alter table public.peer_mentors drop column merged_into;
alter table public.certifications drop column voided_at, drop column voided_by, drop column void_reason;
-- NOT VALID: entries with the newer causes stay, as every entry does.
alter table public.mentor_status_changes drop constraint cause_is_known;
alter table public.mentor_status_changes
add constraint cause_is_known check (cause in ('transition', 'renewal', 'expiry_run', 'direct')) not valid;
reset role;
