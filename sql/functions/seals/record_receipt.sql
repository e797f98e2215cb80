-- Definer: the receipts belong to the owner.
create or replace function private.record_receipt(
    tree_size bigint,
    kind text,
    receipt bytea,
    attested_at timestamptz default null
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into private.seal_receipts (tree_size, kind, receipt, attested_at)
    values (record_receipt.tree_size, record_receipt.kind, record_receipt.receipt, record_receipt.attested_at)
$$;

comment on function private.record_receipt is
'Keeps what came back when a checkpoint was sent out: own_file, directory, webhook, timestamp or witness; and
the time that it attests, if its signature was judged. For the runner.';
revoke all on function private.record_receipt from public, anon, authenticated, service_role;
