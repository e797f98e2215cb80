set role peerledger_owner;

alter table public.hlf_sync_state
drop column remove_unsettled_until,
drop column restore_unsettled_until;

reset role;
