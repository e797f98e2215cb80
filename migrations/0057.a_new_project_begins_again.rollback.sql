set role peerledger_owner;

-- Guarded like a log: the rows that are not in force stay, and stand in the way, as a person should decide about them.
alter table private.completeness_baseline drop constraint completeness_baseline_pkey;
alter table private.completeness_baseline
add column only_row boolean primary key default true,
add constraint there_is_one_row check (only_row);

reset role;
