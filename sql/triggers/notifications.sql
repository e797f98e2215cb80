-- As on ops_alerts: a message holds ids and dates, whoever adds it.
create or replace trigger _300_mask_texts
before insert or update of dedupe_key, last_error on public.notifications
for each row
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.tg_all__mask_texts('dedupe_key', 'last_error');

create or replace trigger _310_require_plain_json
before insert or update of payload on public.notifications
for each row
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.require_plain_json('payload');

-- The delivery worker listens instead of asking again and again.

create or replace trigger _900_wake_workers
after insert on public.notifications
for each statement execute function private.tg_notifications__wake_workers();
