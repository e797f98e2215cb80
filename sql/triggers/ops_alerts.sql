-- Our own functions write catalogue texts. What the service role adds is masked, and its details are ids and numbers.

create or replace trigger _300_mask_texts
before insert or update of kind, message, dedupe_key on public.ops_alerts
for each row
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.tg_all__mask_texts('kind', 'message', 'dedupe_key');

create or replace trigger _310_require_plain_json
before insert or update of details on public.ops_alerts
for each row
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.require_plain_json('details');
