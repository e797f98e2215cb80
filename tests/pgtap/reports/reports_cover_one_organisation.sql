begin;
select plan(19);
select tests.make_two_organisations();
select tests.make_log_entry('olga');
select tests.make_log_entry('sara') from generate_series(1, 3);
select private.raise_alert('dead_letters', 'warning', 'One.', 'north', tests.id('organisation', 'north'));
select private.raise_alert('auth_failure', 'warning', 'Two.', 'south', tests.id('organisation', 'south'));
select private.raise_alert('nightly_failed', 'critical', 'Three.', 'all', null);

select is(
    tests.outcome(
        actor.role_name, tests.id('user', actor.user_name),
        format('select public.get_compliance_report(%L, current_date, current_date)', tests.id('organisation', actor.organisation))
    ),
    actor.outcome, format('%s of %s', actor.user_name, actor.organisation)
)
from (
    values
    ('authenticated', 'nina', 'north', '1'),
    ('authenticated', 'oskar', 'north', '1'),
    ('authenticated', 'sven', 'south', '1'),
    ('authenticated', 'sven', 'north', 'PT404'),
    ('authenticated', 'olga', 'north', 'PT404'),
    ('authenticated', 'nina', 'nowhere', 'PT404'),
    ('anon', null, 'north', '42501'),
    ('service_role', null, 'north', '1')
) as actor (role_name, user_name, organisation, outcome);

select tests.acts_as('authenticated', tests.id('user', 'nina'));
create temporary table north as
select public.get_compliance_report(tests.id('organisation', 'north'), current_date - 1, current_date + 1) as report;
reset role;
select is(
    (select (report #>> '{badges,evaluations}')::bigint from north),
    (select count(*) from public.badge_evaluation_logs where org_id = tests.id('organisation', 'north')), 'only its own entries'
);
select is(
    (select array_agg(alert ->> 'kind' order by alert ->> 'kind') from north, jsonb_array_elements(report -> 'alerts') as alert),
    array['dead_letters', 'nightly_failed'], 'its own alerts, and the number of those that concern all'
);
select is(
    (
        select count(*)
        from north, regexp_matches(report::text, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'g') as found (ids)
        where found.ids[1] in (tests.id('organisation', 'south')::text, tests.id('mentor', 'sara')::text, tests.id('user', 'sven')::text)
    ),
    0::bigint, 'no id of another'
);
create function pg_temp.retention(name text) returns jsonb language sql as $$
    select public.get_compliance_report(tests.id('organisation', name), current_date - 1, current_date + 1) -> 'retention' -> 'logs'
$$;
create temporary table before_the_hold as select pg_temp.retention('south') as logs;
select public.set_legal_hold(tests.id('organisation', 'north'), 'case-1');
select is(pg_temp.retention('south'), (select logs from before_the_hold), 'a hold of another changes nothing');
select is(
    (
        select (log ->> 'months_held')::int from jsonb_array_elements(pg_temp.retention('north')) as log
        where log ->> 'log_name' = 'badge_evaluation_logs'
    ),
    1, 'its own is counted'
);
select public.pause_hlf_sync(array[tests.id('organisation', 'north'), tests.id('organisation', 'south')], 'credentials_refused');
select is_empty(
    $$ select details from public.ops_alerts where kind = 'auth_failure' and organisation_id is not null and details <> '{}' $$,
    'an alert of one does not say how many have the same'
);
select throws_ok(format('select public.get_compliance_report(tests.id(''organisation'', ''north''), %s)', dates), '22023', null, dates)
from unnest(array[
    '''2026-01-02'', ''2026-01-01''', 'null, ''2026-01-01''', '''2026-01-01'', null', '''-infinity'', ''infinity''',
    '''2010-01-01'', ''2026-01-01'''
]) as dates;
select finish();
rollback;
