-- depends: 0015.operations
-- Messages and reports in nynorsk: the law on the languages of the state asks for it, and charities expect it.
set role peerledger_owner;

alter table public.organisation_settings
drop constraint locale_is_known,
add constraint locale_is_known check (locale in ('nb', 'nn', 'en'));
comment on column public.organisation_settings.locale is
'The language of its messages and reports: nb (bokmål), nn (nynorsk) or en.';

-- It says now whether the recipient's organisation keeps a website up to date: an expired mentor is told of their
-- removal only where there is something to be removed from.
drop function if exists public.claim_notifications (text, int, interval, timestamptz);

reset role;
