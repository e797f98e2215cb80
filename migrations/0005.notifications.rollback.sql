drop table public.ops_alerts;
drop table public.notifications;
