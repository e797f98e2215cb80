begin;
select plan(8);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');

create function pg_temp.refuse() returns trigger language plpgsql as
$$ begin raise exception 'no' using errcode = current_setting('tests.error'); end $$;
create trigger refuse before insert on public.badge_evaluation_logs for each statement execute function pg_temp.refuse();

-- The disk is full.
set local tests.error = '53100';
select lives_ok($$ select tests.make_activity('one', 'olga') $$, 'without room in the one log');
select is((select change_kind from public.activity_changes), 'registered', 'there is an entry in the other');

create trigger refuse before insert on public.activity_changes for each statement execute function pg_temp.refuse();
update public.ops_alerts set acknowledged_at = now();
select lives_ok($$ select tests.make_activity('two', 'olga') $$, 'without room in both');
select isnt_empty(
    $$ select from public.ops_alerts where kind = 'audit_write_failed' and acknowledged_at is null $$,
    'an alert says that entries are missing'
);

create trigger refuse before insert on public.ops_alerts for each statement execute function pg_temp.refuse();
update public.ops_alerts set acknowledged_at = now();
select throws_ok(
    $$ select tests.make_activity('three', 'olga') $$, '53100', null, 'without room for anything it is refused'
);
select is((select count(*) from public.activities), 2::bigint, 'and not taken');

-- Whatever else is wrong with the logs costs no activity.
set local tests.error = 'P0001';
select lives_ok($$ select tests.make_activity('four', 'olga') $$, 'a log that cannot be written for another reason');
select is((select count(*) from public.activities), 3::bigint, 'costs no activity');
select finish();
rollback;
