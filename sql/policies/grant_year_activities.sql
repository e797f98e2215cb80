-- Only our own functions read and add to it; nobody changes a row.
call private.close_table('private.grant_year_activities');

create policy "Our own functions read every row" on private.grant_year_activities
for select to peerledger_owner
using (true);

create policy "Our own functions add rows" on private.grant_year_activities
for insert to peerledger_owner
with check (true);
