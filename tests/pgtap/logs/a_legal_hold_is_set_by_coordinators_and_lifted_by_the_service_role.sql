begin;
select plan(16);
select tests.make_two_organisations();
create temporary table calls as
select format('select public.set_legal_hold(%L, ''DPA-1'')', tests.id('organisation', 'north')) as set_it;

select is(tests.outcome(actor.role_name, tests.id('user', actor.user_name), set_it), actor.expected, actor.description)
from calls
cross join (
    values
    ('authenticated', 'nina', '1', 'a coordinator of the whole organisation sets one'),
    ('service_role', null, '1', 'so does the service role'),
    ('authenticated', 'oskar', '42501', 'a coordinator of a chapter does not'),
    ('authenticated', 'sven', 'PT404', 'nor one of another organisation'),
    ('authenticated', 'olga', 'PT404', 'nor a mentor'),
    ('anon', null, '42501', 'nor anon')
) as actor (role_name, user_name, expected, description);
select throws_ok(
    format('select public.set_legal_hold(%L, %L)', tests.id('organisation', 'north'), reference), '22023', null,
    'a case is a number and not prose: ' || coalesce(reference, 'null')
)
from (values ('Kari Nordmann'), (null)) as bad (reference);

select public.set_legal_hold(tests.id('organisation', 'north'), 'DPA-1');
select is(
    (public.set_legal_hold(tests.id('organisation', 'north'), 'DPA-1')).id, (select id from public.legal_holds),
    'setting it again is the same hold'
);
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), 'select public.lift_legal_hold(id) from public.legal_holds'),
    actor.expected, actor.description
)
from (
    values
    ('authenticated', 'nina', '42501', 'who may set it may not lift it'), ('service_role', null, '1', 'the service role lifts it')
) as actor (role_name, user_name, expected, description);
select is(
    tests.outcome('service_role', null, 'delete from public.legal_holds'), '42501', 'nobody removes one past the function'
);
select is(
    tests.outcome('authenticated', tests.id('user', actor), 'select from public.legal_holds'), seen, actor || ' sees ' || seen
)
from (values ('nina', '1'), ('sven', '0')) as readers (actor, seen);
select public.lift_legal_hold(id) from public.legal_holds;
select isnt((select lifted_at from public.legal_holds), null, 'a lifted hold stays on record');
select results_eq(
    $$ select event_kind from public.security_events where organisation_id = tests.id('organisation', 'north') order by occurred_at $$,
    array['legal_hold_set', 'legal_hold_lifted'], 'both are recorded, once'
);
select * from finish();
rollback;
