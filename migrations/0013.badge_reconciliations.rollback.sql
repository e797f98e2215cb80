set role peerledger_owner;
drop table private.badge_reconciliation_mentors;
drop table private.badge_reconciliations;
reset role;
