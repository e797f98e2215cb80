begin;
create temporary table matrix (user_name text, call text, outcome text);
insert into matrix
select user_name, call, outcome
from (
    values
    ('nina', '{1,1,1,1,5}'::text[]), ('oskar', '{1,1,42501,1,5}'), ('sven', '{PT404,PT404,PT404,PT404,4}'),
    ('olga', '{PT404,PT404,PT404,PT404,5}'), ('sara', '{PT404,PT404,PT404,PT404,4}'), ('anon', '{42501,42501,42501,42501,42501}'),
    ('service', '{1,1,1,1,5}')
) as actor (user_name, outcomes)
cross join lateral unnest(
    array[
        'select from public.get_grant_summary(%1$L, ''2026-01-01'', ''2026-12-31'') limit 1',
        'select from public.list_grant_activities(%1$L, ''2026-01-01'', ''2026-12-31'') limit 1',
        'select public.set_grant_rule(%1$L, ''peer_course'', ''2026-02-01'', ''{kurs}'')',
        'select from (select count(*) from public.get_grant_differences(%1$L, 2024)) as counted',
        'select from public.grant_rules'
    ],
    outcomes
) as attempt (call, outcome);
select plan(16 + (select count(*)::int from matrix));
select tests.make_two_organisations();
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2026-01-01', '{tur}');
select public.close_grant_year(tests.id('organisation', 'north'), 2024);
select is(
    tests.outcome(
        case user_name when 'service' then 'service_role' when 'anon' then 'anon' else 'authenticated' end,
        case when user_name not in ('service', 'anon') then tests.id('user', user_name) end,
        format(call, tests.id('organisation', 'north'))
    ),
    outcome, format('%s: %s', user_name, left(call, 60))
)
from matrix;

select throws_ok(
    format('select public.set_grant_rule(%L, %s)', tests.id('organisation', 'north'), arguments), '22023', null, 'refused: ' || arguments
)
from (
    values
    ('''course'', ''2026-01-01'', ''{x}'''), ('null, ''2026-01-01'', ''{x}'''), ('''peer_course'', null, ''{x}'''),
    ('''peer_course'', ''2026-01-01'', ''{}'''), ('''peer_course'', ''2026-01-01'', ''{a b}'''), ('''peer_course'', ''2026-01-01'', null'),
    ('''peer_course'', ''2026-01-01'', ''{x}'', ''{}'''), ('''peer_course'', ''2026-01-01'', ''{x}'', null, 1441'),
    ('''peer_course'', ''2026-01-01'', ''{x}'', null, 1, -1'), ('''peer_course'', ''2026-01-01'', ''{x}'', counted_per => ''week'''),
    -- A type is of one category; and rules follow one another.
    ('''peer_course'', ''2026-01-01'', ''{tur}'''), ('''activity_group'', ''2025-12-31'', ''{tur}''')
) as given (arguments);
select lives_ok(
    format('select public.set_grant_rule(%L, ''activity_group'', ''2026-01-01'', ''{tur,ski}'')', tests.id('organisation', 'north')),
    'one of the same day is corrected'
);
select results_eq(
    $$
    select change_kind, details ->> 'activity_types' from public.administrative_changes
    where subject_kind = 'grant_rule' order by changed_at, id
    $$,
    $$ values ('added', '["tur"]'), ('deleted', '["tur"]'), ('added', '["tur", "ski"]') $$,
    'each step is on record'
);
select is(
    tests.outcome('service_role', null, 'update public.grant_rules set valid_to = ''2026-12-31'' where organisation_id is null'), '42501',
    'the published rules change with a version only'
);
select throws_ok(
    $$ insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, place)
    values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'walk', '2026-02-01', 30, 'Storgata 12345') $$,
    '23514', null, 'a place is a code'
);
select * from finish();
rollback;
