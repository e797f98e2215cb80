-- depends: 0057.a_new_project_begins_again
-- When a checkpoint was there, by a clock that is not ours: a time stamp's, or a witness's.
set role peerledger_owner;

alter table private.seal_receipts add column attested_at timestamptz;
-- It has another argument by now.
drop function if exists private.record_receipt(bigint, text, bytea);

reset role;
