-- Only our own functions work on it.
call private.close_table('private.counted_months');

create policy "Our own functions read every row" on private.counted_months
for select to peerledger_owner
using (true);

create policy "Our own functions add rows" on private.counted_months
for insert to peerledger_owner
with check (true);

create policy "Our own functions change rows" on private.counted_months
for update to peerledger_owner
using (true)
with check (true);
