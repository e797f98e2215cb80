set role peerledger_owner;
drop function if exists private.administrative_facts();
reset role;
