-- Only our own functions work on it.
call private.close_table('private.seal_state');

create policy "Our own functions read every row" on private.seal_state
for select to peerledger_owner
using (true);

create policy "Our own functions change rows" on private.seal_state
for update to peerledger_owner
using (true)
with check (true);
