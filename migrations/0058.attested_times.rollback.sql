set role peerledger_owner;

drop function if exists private.record_receipt(bigint, text, bytea, timestamptz);
alter table private.seal_receipts drop column attested_at;

reset role;
