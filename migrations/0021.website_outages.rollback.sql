set role peerledger_owner;

delete from public.hlf_sync_pauses where reason = 'outage';
alter table public.hlf_sync_pauses
drop constraint reason_is_known,
drop constraint an_outage_is_probed,
drop column next_probe_at,
drop column probes,
add constraint reason_is_known check (reason in ('credentials_refused', 'operator'));
comment on table public.hlf_sync_pauses is
'Organisations whose sync stands still. A good credential check ends the one reason, an operator the other.';

reset role;
