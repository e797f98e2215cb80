set role peerledger_owner;
drop function if exists public.reconcile_hlf_sync (jsonb, uuid [], timestamptz);
drop type public.hlf_exposure;
drop index public.hlf_removals_watched;
alter table public.hlf_removals
drop constraint seen_gone_is_after_seen_listed,
drop column is_watched,
drop column seen_gone_at,
drop column seen_listed_at;
reset role;
