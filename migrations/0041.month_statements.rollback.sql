set role peerledger_owner;
drop table private.counted_months;
reset role;
