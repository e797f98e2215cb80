-- As the mentor, both coordinators, another organisation and the service role: each step is on record, and counts as it should.
begin;
select plan(28);
select tests.make_two_organisations();
select tests.make_activity('again', 'olga', 'nina');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', 'three'), tests.id('organisation', 'north'), 'three', 'Three', '{"metric": "activity_count", "at_least": 3}';
-- Registered today: it is awarded with the third activity, of which two are by proxy.
select public.evaluate_badges(tests.id('mentor', 'olga'));
create function pg_temp.entries() returns table (change_kind text, changed_by uuid, details jsonb)
language sql
as $$
    select change_kind, changed_by, details - 'dispute_id' from public.administrative_changes
    where subject_kind = 'dispute' and subject_id = tests.id('activity', 'nina for olga')
    order by changed_at, id
$$;

select is(
    tests.outcome(role, tests.id('user', user_name), format('select public.dispute_proxy_activity(%L, ''not_me'')', tests.id('activity', activity))),
    outcome, format('%s disputes %s: %s', coalesce(user_name, role), activity, outcome)
)
from (
    values
    ('authenticated', 'olga', 'nina for olga', '1'),
    ('authenticated', 'olga', 'nina for berit', 'PT404'),
    ('authenticated', 'olga', 'olga''s', '22023'),
    ('authenticated', 'nina', 'nina for olga', '42501'),
    ('authenticated', 'oskar', 'nina for olga', '42501'),
    ('authenticated', 'sven', 'nina for olga', 'PT404'),
    ('authenticated', 'sara', 'nina for olga', 'PT404'),
    ('anon', null, 'nina for olga', '42501'),
    ('service_role', null, 'nina for olga', '1')
) as attempt (role, user_name, activity, outcome);
select throws_ok(
    format('select public.dispute_proxy_activity(%L, %s)', tests.id('activity', 'nina for olga'), code),
    '22023', null, 'no reason: ' || code
)
from (values ('''Kari was not there'''), ('null')) as given (code);

select tests.acts_as('authenticated', tests.id('user', 'olga'));
create temporary table opened as
select * from public.dispute_proxy_activity(tests.id('activity', 'nina for olga'), 'not_me');
select results_eq(
    'select mentor_id, reason_code, outcome, resolved_by, resolved_at from opened',
    format('values (%L::uuid, ''not_me'', null::text, null::uuid, null::timestamptz)', tests.id('mentor', 'olga')),
    'the mentor opens it'
);
select is(
    (select id from public.dispute_proxy_activity(tests.id('activity', 'nina for olga'), 'not_me')), (select id from opened),
    'sent twice, it is disputed once'
);
select throws_ok(
    format('select public.dispute_proxy_activity(%L, ''wrong_day'')', tests.id('activity', 'nina for olga')),
    '22023', null, 'another reason while it is open is refused'
);
reset role;
select results_eq(
    'select * from pg_temp.entries()',
    format(
        'values (''opened'', %L::uuid, %L::jsonb)', tests.id('user', 'olga'),
        jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'reason_code', 'not_me')
    ),
    'the opening is on record, in the mentor''s name'
);
select is(
    (select voided_at from public.activities where id = tests.id('activity', 'nina for olga')), null,
    'while it is open the activity stands'
);
select ok(
    exists (
        select from public.earned_badges
        where mentor_id = tests.id('mentor', 'olga') and badge_definition_id = tests.id('badge', 'three') and revoked_at is null
    ),
    'and counts for badges'
);
select set_eq(
    $$ select recipient_user_id from public.notifications where kind = 'proxy_disputed' $$,
    array[tests.id('user', 'nina'), tests.id('user', 'oskar')],
    'the coordinators in scope are told, and nobody else'
);

select is(
    tests.outcome(
        role, tests.id('user', user_name),
        format('select public.resolve_proxy_dispute(%L, %L)', tests.id('activity', 'nina for olga'), wanted)
    ),
    outcome, format('%s settles it as %s: %s', coalesce(user_name, role), wanted, outcome)
)
from (
    values
    ('authenticated', 'nina', 'rejected', '42501'),
    ('authenticated', 'oskar', 'rejected', '1'),
    ('authenticated', 'oskar', 'maybe', '22023'),
    ('authenticated', 'sven', 'rejected', 'PT404'),
    ('authenticated', 'olga', 'upheld', '42501'),
    ('anon', null, 'upheld', '42501'),
    ('service_role', null, 'upheld', '1')
) as attempt (role, user_name, wanted, outcome);

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
create temporary table settled as
select * from public.resolve_proxy_dispute(tests.id('activity', 'nina for olga'), 'upheld');
select public.resolve_proxy_dispute(tests.id('activity', 'nina for olga'), 'upheld');
reset role;
select results_eq(
    'select change_kind, changed_by, details ->> ''outcome'' from pg_temp.entries() offset 1',
    format('values (''settled'', %L::uuid, ''upheld'')', tests.id('user', 'oskar')),
    'the settling is on record once, in the other coordinator''s name'
);
select is(
    (select voided_at from public.activities where id = tests.id('activity', 'nina for olga')), (select resolved_at from settled),
    'upheld: the activity is voided with it'
);
select results_eq(
    format(
        'select coordinator_id from public.proxy_audit_log where proxy_activity_id = %L and event_type = ''updated''',
        tests.id('activity', 'nina for olga')
    ),
    array[tests.id('user', 'oskar')],
    'and that is on record too'
);
select * from finish();
rollback;
