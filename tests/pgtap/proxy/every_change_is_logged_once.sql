begin;
select plan(19);
select tests.make_two_organisations();
create temporary table seen (id uuid);
grant all on seen to public;
insert into seen select id from public.proxy_audit_log;
create temporary table statements (rows bigint);
grant all on statements to public;
create function pg_temp.count_statement() returns trigger language plpgsql as $$
begin
    insert into pg_temp.statements select count(*) from added;
    return null;
end
$$;
create trigger count_statement after insert on public.proxy_audit_log
referencing new table as added for each statement execute function pg_temp.count_statement();

-- What came since it was last asked: "event by coordinator of mentor's minutes", counted.
create function pg_temp.news() returns text language sql as $$
    with news as (
        insert into pg_temp.seen
        select log.id from public.proxy_audit_log as log where log.id not in (select seen.id from pg_temp.seen)
        returning id
    )
    select string_agg(said.line || ' × ' || said.lines, '; ' order by said.line)
    from (
        select
            format(
                '%s by %s for %s', log.event_type,
                coalesce((array['nina', 'oskar', 'sven'])[array_position(
                    array[tests.id('user', 'nina'), tests.id('user', 'oskar'), tests.id('user', 'sven')], log.coordinator_id
                )], '?'),
                mentor.display_name
            ) as line,
            count(*) as lines
        from public.proxy_audit_log as log
        inner join public.peer_mentors as mentor
            on mentor.id = log.attributed_mentor_id and mentor.organisation_id = log.organisation_id
        where log.id in (select news.id from news)
        group by 1
    ) as said
$$;

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-01', 30);
reset role;
select is(pg_temp.news(), 'created by oskar for olga × 1', 'one by the RPC');

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'oskar'), 'walk', '2026-02-02', 30);
reset role;
select is(pg_temp.news(), 'created by oskar for olga × 1', 'one by a plain insert');

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'oskar'), 'walk', day, 30
from unnest(array['2025-12-02', '2025-12-03']::date[]) as day;
reset role;
select is(pg_temp.news(), 'bulk_created by oskar for olga × 2', 'a plain insert of two is a bulk');

truncate statements;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select count(*) from public.register_proxy_activities((
    select jsonb_agg(jsonb_build_object(
        'mentor_id', tests.id('mentor', (array['olga', 'berit'])[1 + number % 2]), 'activity_type', 'walk',
        'occurred_on', date '2024-01-01' + number, 'duration_minutes', 30
    ))
    from generate_series(1, 500) as number
));
reset role;
select is(pg_temp.news(), 'bulk_created by nina for berit × 250; bulk_created by nina for olga × 250', 'a bulk of 500');
select results_eq('select rows from statements', 'values (500::bigint)', 'which is one insert into the log');

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select count(*) from public.register_proxy_activities(jsonb_build_array(jsonb_build_object(
    'mentor_id', tests.id('mentor', 'olga'), 'activity_type', 'walk', 'occurred_on', '2026-02-03', 'duration_minutes', 30
)));
select public.register_proxy_activity(tests.id('mentor', 'berit'), 'walk', '2026-02-03', 30);
reset role;
select is(
    pg_temp.news(), 'bulk_created by nina for olga × 1; created by nina for berit × 1', 'a bulk of one, and a single one after it'
);

truncate statements;
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
update public.activities set participant_count = 2 where activity_type = 'walk' and occurred_on >= '2026-01-01';
reset role;
select is(pg_temp.news(), 'updated by oskar for olga × 3', 'a plain update of three is said by who made it');
select is((select count(*) from statements), 1::bigint, 'in one insert');

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select public.update_proxy_activity(tests.id('activity', 'nina for olga'), '{"duration_minutes": 45}');
create temporary table written as select ctid as place from public.activities where id = tests.id('activity', 'nina for olga');
select public.update_proxy_activity(tests.id('activity', 'nina for olga'), '{"duration_minutes": 45}');
select is(activity.ctid, written.place, 'the same again writes nothing')
from public.activities as activity
cross join written
where activity.id = tests.id('activity', 'nina for olga');
reset role;
select is(pg_temp.news(), 'updated by oskar for olga × 1', 'an update by the RPC; the same again changes nothing');

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
update public.activities set duration_minutes = 45 where id = tests.id('activity', 'nina for olga');
reset role;
select is(pg_temp.news(), null, 'nor does a plain update to what is there');

select tests.acts_as('service_role');
update public.activities set voided_at = now() where id = tests.id('activity', 'nina for olga');
reset role;
select is(pg_temp.news(), 'updated by nina for olga × 1', 'voided by the service role: on the word of who registered it');

select tests.acts_as('service_role', tests.id('user', 'oskar'));
update public.activities set duration_minutes = 46 where id = tests.id('activity', 'nina for olga');
select public.update_proxy_activity(tests.id('activity', 'nina for berit'), '{"duration_minutes": 47}');
reset role;
select is(
    pg_temp.news(), 'updated by oskar for berit × 1; updated by oskar for olga × 1', 'by the service role in somebody''s name: who acts'
);
select tests.acts_as('service_role');
update public.activities set duration_minutes = 48 where id = tests.id('activity', 'nina for olga');
reset role;
select is(pg_temp.news(), 'updated by nina for olga × 1', 'and in nobody''s: who is on the record');

select tests.acts_as('peerledger_owner');
update public.activities set coordinator_id = null where id = tests.id('activity', 'nina for olga');
reset role;
select is(pg_temp.news(), 'updated by nina for olga × 1', 'no longer by proxy, by the owner');

update public.activities set coordinator_id = tests.id('user', 'sven') where id = tests.id('activity', 'sara''s');
select is(pg_temp.news(), 'updated by sven for sara × 1', 'by proxy from now on, by a superuser');

insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
select
    tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), coordinator_id, 'walk', '2026-03-01', 30
from (
    values ('nina for olga', tests.id('user', 'nina')), ('olga''s', null), ('new', tests.id('user', 'nina')), ('own', null)
) as given (name, coordinator_id)
on conflict (id) do update set coordinator_id = excluded.coordinator_id;
select is(
    pg_temp.news(), 'created by nina for olga × 1; updated by nina for olga × 1',
    'inserted and updated in one statement, and the mentor''s own left out'
);

truncate statements;
update public.activities set duration_minutes = 50 where id = tests.id('activity', 'berit''s');
select is_empty('table statements', 'the mentor''s own is nobody''s word');

delete from public.activities where id = tests.id('activity', 'nina for berit');
select is(
    (select count(*) from public.proxy_audit_log where proxy_activity_id = tests.id('activity', 'nina for berit')), 3::bigint,
    'the log outlives the activity, and says that it ended'
);
select * from finish();
rollback;
