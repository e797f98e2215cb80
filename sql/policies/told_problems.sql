-- Only our own functions work on it.
call private.close_table('private.told_problems');

create policy "Our own functions read every row" on private.told_problems
for select to peerledger_owner
using (true);

create policy "Our own functions add rows" on private.told_problems
for insert to peerledger_owner
with check (true);

create policy "Our own functions change rows" on private.told_problems
for update to peerledger_owner
using (true)
with check (true);

create policy "Our own functions remove rows" on private.told_problems
for delete to peerledger_owner
using (true);
