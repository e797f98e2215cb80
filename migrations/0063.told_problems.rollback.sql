set role peerledger_owner;
drop table private.told_problems;
reset role;
