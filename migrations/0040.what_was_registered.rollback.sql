set role peerledger_owner;
drop table private.completeness_baseline;
drop table private.activity_baseline;
alter type private.touched_mentor drop attribute activity_hashes;
-- The column and its form stay: entries may be sealed with them. So do the kinds of events, of which there are entries.
reset role;
