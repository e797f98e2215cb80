begin;
select plan(15);
select tests.make_two_organisations();
select tests.make_coordinator('nora', 'north');
select private.raise_alert('dead_letters', 'critical', 'Something broke.', 'k', tests.id('organisation', 'north'));
select private.raise_alert('dead_letters', 'critical', 'Something broke.', 'k', tests.id('organisation', 'north'));
select private.raise_alert('dead_letters', 'warning', 'Something else.', 'for operators');
create function pg_temp.acknowledge(dedupe_key text) returns text
language sql stable
as $$ select format('select public.acknowledge_alert(%L)', id) from public.ops_alerts where dedupe_key = acknowledge.dedupe_key $$;

select is((select count(*) from public.ops_alerts), 2::bigint, 'the same trouble is one open alert');
select results_eq(
    $$ select recipient_user_id, kind, payload from public.notifications order by 1 $$,
    $$
    select tests.id('user', name), 'ops_alert', jsonb_build_object('alert_id', id)
    from public.ops_alerts cross join unnest(array['nina', 'nora']) as name where dedupe_key = 'k' order by 1
    $$,
    'of a critical one the coordinators of the whole organisation are told, once'
);
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), pg_temp.acknowledge(actor.alert)), actor.expected,
    format('%s %s acknowledges "%s": %s', actor.role_name, actor.user_name, actor.alert, actor.expected)
)
from (
    values
    ('authenticated', 'nina', 'k', '1'), ('authenticated', 'oskar', 'k', '42501'), ('authenticated', 'sven', 'k', 'PT404'),
    ('authenticated', 'olga', 'k', 'PT404'), ('authenticated', 'nina', 'for operators', 'PT404'),
    ('service_role', null, 'k', '1'), ('service_role', null, 'for operators', '1'), ('anon', null, 'k', '42501')
) as actor (role_name, user_name, alert, expected);
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), 'update public.ops_alerts set acknowledged_at = now()'), '42501',
    'not by hand'
);

create temporary table done as select pg_temp.acknowledge('k') as statement;
grant select on done to public;
select tests.acts_as('authenticated', tests.id('user', 'nora'));
do $$ begin execute (select statement from done); end $$;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
do $$ begin execute (select statement from done); end $$;
reset role;
select is(
    (select acknowledged_by from public.ops_alerts where dedupe_key = 'k'), tests.id('user', 'nora'), 'the first is named'
);
select private.raise_alert('dead_letters', 'warning', 'Something broke.', 'k', tests.id('organisation', 'north'));
select is((select count(*) from public.ops_alerts where dedupe_key = 'k'), 2::bigint, 'when it comes back there is a new alert');
select is((select count(*) from public.notifications), 2::bigint, 'a warning is no message');
select throws_ok(
    $$ select public.acknowledge_alert(null) $$, 'PT404', null, 'no id, no alert'
);
select * from finish();
rollback;
