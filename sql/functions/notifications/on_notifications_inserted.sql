-- In the path of every awarded badge: nothing but the signal. Of many in one transaction PostgreSQL sends one.
create or replace function private.on_notifications_inserted()
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

comment on function private.on_notifications_inserted is
'Trigger function: wakes the workers that LISTEN on peerledger_notifications.';
revoke all on function private.on_notifications_inserted from public, anon, authenticated, service_role;

create or replace trigger _900_wake_workers
after insert on public.notifications
for each statement execute function private.on_notifications_inserted();
