-- In the path of every awarded badge: nothing but the signal. Of many in one transaction PostgreSQL sends one.
create or replace function private.tg_notifications__wake_workers()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_notify('peerledger_notifications', '');
    return null;
end
$$;

comment on function private.tg_notifications__wake_workers is
'Trigger function: wakes the workers that LISTEN on peerledger_notifications.';
revoke all on function private.tg_notifications__wake_workers from public, anon, authenticated, service_role;
