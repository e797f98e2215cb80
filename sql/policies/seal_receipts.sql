-- Only our own functions read and add to it; nobody changes a row.
call private.close_table('private.seal_receipts');

create policy "Our own functions read every row" on private.seal_receipts
for select to peerledger_owner
using (true);

create policy "Our own functions add rows" on private.seal_receipts
for insert to peerledger_owner
with check (true);
