-- depends: 0015.operations
-- An outage of Dynamics is a pause like the others, which everybody can see: until when nothing is sent, and how often it
-- was tried in vain. Until now each worker had that in its memory.
set role peerledger_owner;

alter table public.hlf_sync_pauses
drop constraint reason_is_known,
add column probes int not null default 0,
add column next_probe_at timestamptz,
add constraint reason_is_known check (reason in ('credentials_refused', 'operator', 'outage')),
add constraint an_outage_is_probed check ((reason = 'outage') = (next_probe_at is not null)),
add constraint probes_is_not_negative check (probes >= 0);
comment on table public.hlf_sync_pauses is
'Organisations whose sync is paused, and why: a good credential check, an operator or an answer of Dynamics ends it.';
comment on column public.hlf_sync_pauses.probes is 'In an outage: how many single requests have found it still going on.';
comment on column public.hlf_sync_pauses.next_probe_at is 'In an outage: when a single request finds out whether it is over.';

-- Their arguments or results are others now.
drop function if exists public.pause_hlf_sync (uuid [], text);
drop function if exists public.complete_hlf_sync (jsonb);
drop function if exists private.log_hlf_sync_attempts (public.hlf_sync_audit_log []);
drop function if exists private.record_lost_attempts (uuid []);

reset role;
