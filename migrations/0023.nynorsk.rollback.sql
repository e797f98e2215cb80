set role peerledger_owner;

drop function if exists public.claim_notifications (text, int, interval, timestamptz);

-- The other written Norwegian is what they understand.
update public.organisation_settings set locale = 'nb' where locale = 'nn';
alter table public.organisation_settings
drop constraint locale_is_known,
add constraint locale_is_known check (locale in ('nb', 'en'));
comment on column public.organisation_settings.locale is 'The language of its messages: nb or en.';

reset role;
