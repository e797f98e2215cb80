begin;
select plan(14);
select tests.make_two_organisations();
select tests.make_log_entry('olga');
select tests.make_log_entry('sara');
create temporary table expected as
select
    count(*)::text as all_entries,
    (count(*) filter (where org_id = tests.id('organisation', 'north')))::text as north,
    (count(*) filter (where org_id = tests.id('organisation', 'south')))::text as south
from public.badge_evaluation_logs;

select isnt(north, all_entries, 'both organisations have entries') from expected;
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), 'table public.badge_evaluation_logs'),
    actor.entries, actor.description
)
from expected
cross join lateral (
    values
    ('authenticated', 'nina', expected.north, 'a coordinator reads the organisation''s'),
    ('authenticated', 'oskar', expected.north, 'a chapter''s coordinator reads all of the organisation''s'),
    ('authenticated', 'sven', expected.south, 'another organisation''s coordinator reads other entries'),
    ('authenticated', 'olga', '0', 'a mentor reads none, not even about themselves'),
    ('authenticated', 'nobody', '0', 'a stranger reads none'),
    ('anon', null, '42501', 'anon may not read'),
    ('service_role', null, expected.all_entries, 'service_role reads all')
) as actor (role_name, user_name, entries, description);

-- What concerns an organisation is read there, what concerns none by the service role alone.
select private.record_security_event('mentor_forgotten', organisation_id => tests.id('organisation', 'north'));
select private.record_security_event('log_guards_changed');
select is(
    tests.outcome(
        actor.role_name, tests.id('user', actor.user_name),
        'select from public.security_events where event_kind in (''mentor_forgotten'', ''log_guards_changed'')'
    ),
    actor.entries, actor.description
)
from (
    values
    ('authenticated', 'nina', '1', 'a coordinator reads the security events of the organisation'),
    ('authenticated', 'sven', '0', 'another organisation''s coordinator none of them'),
    ('authenticated', 'olga', '0', 'a mentor none'),
    ('anon', null, '42501', 'anon may not read them')
) as actor (role_name, user_name, entries, description);
select cmp_ok(
    tests.outcome('service_role', null, 'select from public.security_events')::int, '>=', 2, 'service_role reads all of them'
);
select is_empty(
    $$
    select log.log_name
    from private.logs as log
    where not exists (
        select
        from pg_policy as policy
        where
            policy.polrelid = format('public.%I', log.log_name)::regclass
            and policy.polcmd = 'r'
            and policy.polroles = array['authenticated'::regrole::oid]
            and pg_get_expr(policy.polqual, policy.polrelid)
            like '(' || log.organisation_column || ' = ANY (ARRAY( SELECT private.my_organisation_ids()%'
    )
    $$,
    'and every other log is read by its organisation''s coordinators alike'
);
select * from finish();
rollback;
