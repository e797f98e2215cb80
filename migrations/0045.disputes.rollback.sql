set role peerledger_owner;
drop table public.proxy_disputes;
-- NOT VALID: messages of the newer kinds stay, as they were sent.
alter table public.notifications
drop constraint kind_is_known,
add constraint kind_is_known check (
    kind in ('badge_awarded', 'certification_reminder', 'certification_expired', 'status_changed', 'ops_alert')
) not valid;
comment on column public.administrative_changes.subject_id is
'Its id: of the row that changed; of a badge the definition, of settings and a grant year the organisation.';
reset role;
