-- Marks the guards as this version has them, makes the partitions that are due, and tells PostgREST.
set role peerledger_owner;
select private.mark_guards('migrate');
select private.ensure_log_partitions();
select private.begin_completeness();
reset role;
notify pgrst, 'reload schema';
