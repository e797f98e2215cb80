-- The entry of an insert holds the hash of each record; where nothing is evaluated, an entry holds the record itself.
begin;
select plan(10);
select tests.make_two_organisations();
create function pg_temp.record_sha256(activity_id uuid) returns bytea
language sql as $$
    select sha256(convert_to(private.proxy_activity_record(row(activity.*)::public.activities)::text, 'UTF8'))
    from public.activities as activity where activity.id = record_sha256.activity_id
$$;
create function pg_temp.logged_sha256(activity_id uuid) returns setof bytea
language sql as $$
    select named.record_sha256
    from public.badge_evaluation_logs as entry
    cross join unnest(entry.activity_ids, entry.activity_hashes) as named (activity_id, record_sha256)
    where named.activity_id = logged_sha256.activity_id and entry.source = 'activity_insert'
$$;
select results_eq(
    $$ select pg_temp.logged_sha256(tests.id('activity', 'olga''s')) $$,
    $$ select pg_temp.record_sha256(tests.id('activity', 'olga''s')) $$, 'a single insert, a mentor''s first'
);
select tests.make_activity('another', 'olga');
select results_eq(
    $$ select pg_temp.logged_sha256(tests.id('activity', 'another')) $$,
    $$ select pg_temp.record_sha256(tests.id('activity', 'another')) $$, 'one that goes the short way'
);

set local timezone = 'America/New_York';
set local datestyle = 'German';
insert into public.activities (
    id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes, voided_at, created_at, updated_at
)
select
    tests.id('activity', 'of a bulk ' || number), tests.id('organisation', 'north'),
    tests.id('mentor', case when number % 2 = 0 then 'olga' else 'berit' end),
    case when number % 3 = 0 then tests.id('user', 'nina') end, 'Visit-' || number, date '2024-02-28' + number, number,
    case when number % 5 = 0 then now() end,
    timestamptz '2024-03-01 12:00:00.120000+01' - number * interval '1 month',
    case when number % 7 = 0 then 'infinity' else now() end
from generate_series(1, 40) as number;
select is_empty(
    $$
    select number
    from generate_series(1, 40) as number
    where (select array_agg(hash) from pg_temp.logged_sha256(tests.id('activity', 'of a bulk ' || number)) as hash)
        is distinct from array[pg_temp.record_sha256(tests.id('activity', 'of a bulk ' || number))]
    $$, 'each of a bulk, whatever its times and the session''s settings'
);
select is(
    (select count(*) from public.activity_changes where change_kind = 'registered'), 0::bigint,
    'and no entry beside'
);

insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'south'), false);
select tests.make_activity('unevaluated', 'sara');
select results_eq(
    $$ select after, mentor_id from public.activity_changes where activity_id = tests.id('activity', 'unevaluated') and change_kind = 'registered' $$,
    $$ select private.proxy_activity_record(row(activity.*)::public.activities), activity.mentor_id
        from public.activities as activity where activity.id = tests.id('activity', 'unevaluated') $$,
    'with badges switched off the record itself is on record'
);
create function pg_temp.fail() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
create trigger fail before insert on public.activity_changes for each row execute function pg_temp.fail();
select throws_ok(
    $$ select tests.make_activity('lost', 'sara') $$, 'P0001', null, 'or it is not registered'
);
drop trigger fail on public.activity_changes;

create trigger fail before insert on public.badge_evaluation_logs for each row execute function pg_temp.fail();
select lives_ok($$ select tests.make_activity('kept', 'berit') $$, 'an evaluation that cannot be logged costs no activity');
select is(
    (select count(*) from public.activity_changes where activity_id = tests.id('activity', 'kept') and change_kind = 'registered'),
    1::bigint, 'whose record is on record all the same'
);
update public.activities set duration_minutes = 61 where id = tests.id('activity', 'kept');
select is(
    (select array_agg(change_kind order by changed_at) from public.activity_changes where activity_id = tests.id('activity', 'kept')), array['registered', 'changed'],
    'and a change of it is one'
);
create trigger fail before insert on public.activity_changes for each row execute function pg_temp.fail();
select lives_ok($$ select tests.make_activity('kept too', 'berit') $$, 'nor when that fails as well');
select finish();
rollback;
