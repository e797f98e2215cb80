-- pg_cron as Supabase's dashboard switches it on. It works in one database only, the one called postgres.
create extension pg_cron;
grant usage on schema cron to postgres with grant option;
grant execute on all functions in schema cron to postgres with grant option;
grant all on all tables in schema cron to postgres with grant option;
revoke all on table cron.job from postgres;
grant select on table cron.job to postgres with grant option;
