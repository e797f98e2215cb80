-- The delivery worker listens instead of asking again and again.

create or replace trigger _900_wake_workers
after insert on public.notifications
for each statement execute function private.tg_notifications__wake_workers();
