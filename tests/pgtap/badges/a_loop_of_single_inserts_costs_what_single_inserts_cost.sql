-- In one message, as from an RPC that loops: a mentor who was never evaluated is counted once, not with every insert.
begin;
select plan(5);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'north'), 'many', 'Many', '{"metric": "activity_count", "at_least": 300}'),
(tests.id('organisation', 'north'), 'weeks', 'Weeks', '{"metric": "consecutive_weeks", "at_least": 4}');
do $$
begin
    for v_number in 1..400 loop
        insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
        values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', date '2015-01-01' + v_number, 30);
    end loop;
end
$$;
select is(
    (select n_tup_ins from pg_stat_xact_all_tables where schemaname = 'private' and relname = 'activity_days'),
    400::bigint, 'each day is written once'
);
select is(
    (select n_tup_del from pg_stat_xact_all_tables where schemaname = 'private' and relname = 'activity_days'),
    0::bigint, 'and none is taken away again'
);
select is((select count(*) from public.earned_badges), 2::bigint, 'the badges are there');
select is((select count(*) from public.badge_evaluation_logs where error_message is null), 400::bigint, 'and an entry for each insert');
select is((select count(*) from private.check_badge_rollups()), 0::bigint, 'all of it is right');
select * from finish();
rollback;
