begin;
select plan(3);
select tests.make_two_organisations();
select private.ensure_log_partitions();
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, duration_ms, source)
select tests.id('mentor', 'olga'), tests.id('organisation', 'north'), at, 1, 'manual'
from generate_series(now() - interval '15 years', now() - interval '5 years', '1 month') as at;
create function pg_temp.partitions() returns bigint language sql as $$ select count(*) from private.log_partitions('badge_evaluation_logs') $$;
create temporary table counts as select pg_temp.partitions() as at_first;
select private.ensure_log_partitions();
select is(pg_temp.partitions() - at_first, 24::bigint, 'two years in one night') from counts;
select private.ensure_log_partitions();
select is(pg_temp.partitions() - at_first, 48::bigint, 'two more in the next') from counts;
select is((select count(*) from public.badge_evaluation_logs where triggered_at < now() - interval '4 years'), 121::bigint, 'none is lost');
select * from finish();
rollback;
