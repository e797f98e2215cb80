delete from private.logs where log_name = 'proxy_audit_log';
drop table public.proxy_audit_log;
drop type private.proxy_standing;
drop type private.proxy_finding;
drop type private.proxy_entry;
alter table public.organisation_settings drop column activity_types;
