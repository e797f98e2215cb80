-- Only our own functions read and add to it; nobody changes a row.
call private.close_table('private.sealed_entries');

create policy "Our own functions read every row" on private.sealed_entries
for select to peerledger_owner
using (true);

create policy "Our own functions add rows" on private.sealed_entries
for insert to peerledger_owner
with check (true);
