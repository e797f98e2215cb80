-- depends: 0039.seals
-- A request that we gave up waiting for may still be carried out, after a newer one of the opposite kind.
set role peerledger_owner;

alter table public.hlf_sync_state
add column remove_unsettled_until timestamptz,
add column restore_unsettled_until timestamptz;

comment on column public.hlf_sync_state.remove_unsettled_until is
'Until when a removal whose answer never came may still be carried out; a restore that succeeds before is sent once more.';
comment on column public.hlf_sync_state.restore_unsettled_until is
'Until when a restore whose answer never came may still be carried out; a removal that succeeds before is sent once more.';

reset role;
