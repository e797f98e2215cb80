drop table public.job_runs;
drop index public.ops_alerts_organisation;
alter table public.ops_alerts drop column acknowledged_by;
drop table public.device_tokens;
drop index public.notifications_dead;
drop index public.notifications_for_digests;
drop index public.notifications_digest;
drop index public.one_digest_a_day;
alter table public.notifications
drop constraint a_digest_has_a_day,
drop constraint who_works_on_it_holds_a_lease,
drop column digest_on,
drop column digest_id,
drop column lease_expires_at,
drop column leased_by;
comment on column public.notifications.next_attempt_at is null;
alter table public.organisation_settings
drop constraint locale_is_known,
drop column digest_at,
drop column quiet_until,
drop column quiet_from,
drop column locale;
