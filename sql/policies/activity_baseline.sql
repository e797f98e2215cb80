-- Only our own functions read and add to it; nobody changes a row.
call private.close_table('private.activity_baseline');

create policy "Our own functions read every row" on private.activity_baseline
for select to peerledger_owner
using (true);

create policy "Our own functions add rows" on private.activity_baseline
for insert to peerledger_owner
with check (true);
