-- Written by register_device_token and remove_device_token: a token moves with the device to its next user.
call private.close_table('public.device_tokens');
grant select on table public.device_tokens to authenticated;
grant select, insert, update, delete on table public.device_tokens to service_role;

create policy "Our own functions work on every row" on public.device_tokens
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.device_tokens
for all to service_role
using (true)
with check (true);

create policy "Users see their own devices" on public.device_tokens
for select to authenticated
using (user_id = (select private.caller_id()));
