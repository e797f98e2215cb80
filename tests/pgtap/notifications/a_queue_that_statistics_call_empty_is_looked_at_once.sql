-- A night empties the queue and autoanalyze looks before the pages are given back: from then on the planner takes any number of
-- messages for one. What is counted is how often a message is looked at, not how long it takes.
begin;
select plan(3);
select tests.make_two_organisations();
create function pg_temp.queue(name text) returns void language sql as $$
    insert into public.notifications (organisation_id, recipient_user_id, kind, dedupe_key, created_at, next_attempt_at)
    select
        tests.id('organisation', 'north'), tests.id('user', case when number % 5 = 0 then 'nina' else 'oskar' end), 'status_changed',
        queue.name || number, '2026-01-15 01:00+01', '2026-01-15 01:00+01'
    from generate_series(1, 1500) as number
$$;
select pg_temp.queue('before');
delete from public.notifications;
analyze public.notifications;
select is(
    (select reltuples::int from pg_class where oid = 'public.notifications'::regclass), 0, 'the statistics say that there is none'
);
select pg_temp.queue('tonight');
set local track_functions = 'all';
select private.form_digests('2026-01-15 12:00+01');
select is(
    (select array_agg(size order by size) from (select count(*) as size from public.notifications group by digest_id) as digest),
    array[300, 1200]::bigint[],
    'each coordinator gets one digest of all'
);
select cmp_ok(
    (select calls from pg_stat_xact_user_functions where schemaname = 'private' and funcname = 'goes_into_digest'), '<=', 3000::bigint,
    'and no message was looked at again for every other one'
);
select * from finish();
rollback;
