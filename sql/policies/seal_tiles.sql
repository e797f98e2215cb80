-- Only our own functions work on it.
call private.close_table('private.seal_tiles');

create policy "Our own functions read every row" on private.seal_tiles
for select to peerledger_owner
using (true);

create policy "Our own functions add rows" on private.seal_tiles
for insert to peerledger_owner
with check (true);

create policy "Our own functions change rows" on private.seal_tiles
for update to peerledger_owner
using (true)
with check (true);
