-- depends: 0027.rest_api
set role peerledger_owner;
alter table public.hlf_sync_state validate constraint hlf_sync_state_mentor_id_organisation_id_fkey;
reset role;
