-- A coordinator may add to the log only as themselves and for mentors in scope; of the rest nothing that
-- they send is believed.
begin;
select plan(18);
select tests.make_two_organisations();
select tests.make_coordinator('nora', 'north');
select tests.make_mentor('nora', 'north');
select tests.make_activity('nina for nora', 'nora', 'nina');

create function pg_temp.forge(activity uuid, coordinator text, more text default '{}') returns text language sql as $$
    select format(
        'insert into public.proxy_audit_log (id, proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, '
        '"timestamp", payload_snapshot, organisation_id) select id, proxy_activity_id, event_type, coordinator_id, '
        'attributed_mentor_id, "timestamp", payload_snapshot, organisation_id '
        'from jsonb_populate_record(null::public.proxy_audit_log, %L)',
        jsonb_build_object(
            'id', gen_random_uuid(), 'proxy_activity_id', activity, 'event_type', 'created', 'timestamp', now(),
            'coordinator_id', tests.id('user', coordinator), 'attributed_mentor_id', tests.id('mentor', 'olga'),
            'organisation_id', tests.id('organisation', 'north'), 'payload_snapshot', '{"duration_minutes": 1440}'::jsonb
        ) || more::jsonb
    )
$$;
create temporary table forgeries as
select forgery.*
from (
    values
    ('oskar', '1', 'as themselves, of a mentor in scope', pg_temp.forge(tests.id('activity', 'nina for olga'), 'oskar')),
    ('oskar', '42501', 'in another coordinator''s name', pg_temp.forge(tests.id('activity', 'nina for olga'), 'nina')),
    ('oskar', '42501', 'of a mentor out of scope', pg_temp.forge(tests.id('activity', 'nina for berit'), 'oskar')),
    ('sven', '42501', 'of another organisation''s activity', pg_temp.forge(tests.id('activity', 'nina for olga'), 'sven')),
    ('nina', '42501', 'of an activity that is the mentor''s own', pg_temp.forge(tests.id('activity', 'olga''s'), 'nina')),
    ('nina', '42501', 'of an activity that does not exist', pg_temp.forge(tests.id('activity', 'none'), 'nina')),
    ('nora', '42501', 'of what was registered for themselves', pg_temp.forge(tests.id('activity', 'nina for nora'), 'nora')),
    (
        'nina', '42501', 'dated back',
        pg_temp.forge(tests.id('activity', 'nina for olga'), 'nina', '{"timestamp": "2020-01-01T00:00:00Z"}')
    )
) as forgery (actor, outcome, title, statement);
select is(
    tests.outcome('authenticated', tests.id('user', actor), statement), outcome, format('%s: %s', actor, title)
) from forgeries;
select is(
    tests.outcome('service_role', null, statement), 'PT404', 'the service role invents no activity either'
) from forgeries where title ~ 'not exist';

create function pg_temp.newest() returns jsonb language sql as $$
    select to_jsonb(log) || jsonb_build_object(
        'is_record', log.payload_snapshot = private.proxy_activity_record(activity),
        'is_now', log."timestamp" > now()
    )
    from public.proxy_audit_log as log
    inner join public.activities as activity on activity.id = log.proxy_activity_id
    order by log."timestamp" desc
    limit 1
$$;
create temporary table additions as
select
    actor.*,
    pg_temp.forge(
        tests.id('activity', 'nina for berit'), actor.name,
        jsonb_build_object('organisation_id', tests.id('organisation', 'south'), 'attributed_mentor_id', tests.id('mentor', 'sara'))::text
    ) as statement
from (values ('nina', 'authenticated'), ('sven', 'service_role')) as actor (name, role_name);
grant select on additions to public;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
do $$ begin execute (select statement from additions where role_name = 'authenticated'); end $$;
reset role;
create temporary table expected as
select jsonb_build_object(
    'organisation_id', tests.id('organisation', 'north'), 'attributed_mentor_id', tests.id('mentor', 'berit'),
    'coordinator_id', tests.id('user', 'nina'), 'is_record', true, 'is_now', true, 'event_type', 'updated'
) as truth;
select is(pg_temp.newest() @> truth, true, 'what a coordinator forged is stamped with the truth') from expected;
select tests.acts_as('service_role');
do $$ begin execute (select statement from additions where role_name = 'service_role'); end $$;
reset role;
select is(pg_temp.newest() @> truth, true, 'and what the service role did') from expected;
select is((select count(*) from public.proxy_audit_log), 5::bigint, 'two were added');
select tests.acts_as('authenticated', tests.id('user', 'sven'));
select throws_ok(
    pg_temp.forge(tests.id('activity', activity), 'sven'), '42501',
    format('There is no activity %s, registered by proxy, that you can see.', tests.id('activity', activity)),
    'an activity of another organisation is answered as one that does not exist: ' || activity
)
from unnest(array['nina for olga', 'none']) as activity;
reset role;

-- Only who speaks and of which activity need be said.
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select lives_ok(
    $$ insert into public.proxy_audit_log (proxy_activity_id, event_type) values (tests.id('activity', 'nina for berit'), 'updated') $$,
    'the rest is filled in'
);
reset role;
select is(pg_temp.newest() @> truth, true, 'truly') from expected;

-- An activity is created once.
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select count(*) from public.register_proxy_activities(jsonb_build_array(jsonb_build_object(
    'id', tests.id('activity', 'of a bulk'), 'mentor_id', tests.id('mentor', 'berit'), 'activity_type', 'walk', 'occurred_on', '2026-02-01',
    'duration_minutes', 30
)));
insert into public.proxy_audit_log (proxy_activity_id, event_type) values (tests.id('activity', 'of a bulk'), 'created');
reset role;
select is(pg_temp.newest() ->> 'event_type', 'updated', 'also one of a bulk');
-- Turned into one by proxy, which the log calls a change.
update public.activities set coordinator_id = tests.id('user', 'nina') where id = tests.id('activity', 'berit''s');
select tests.acts_as('authenticated', tests.id('user', 'nina'));
insert into public.proxy_audit_log (proxy_activity_id, event_type) values (tests.id('activity', 'berit''s'), 'created');
reset role;
select is(pg_temp.newest() ->> 'event_type', 'created', 'and what has no first entry is given one');
select * from finish();
rollback;
