-- The service role has no user and names whose word it is; nobody else names another.
begin;
create temporary table cases (actor text, mentor text, named text, outcome text, title text);
insert into cases values
('oskar', 'olga', null, '1', 'a coordinator'),
('oskar', 'olga', 'oskar', '1', 'who may say so'),
('oskar', 'olga', 'nina', '42501', 'and not that it was another'),
('olga', 'olga', 'nina', '42501', 'nor may the mentor'),
('service_role', 'olga', 'oskar', '1', 'the service role for a coordinator'),
('service_role', 'berit', 'oskar', '42501', 'within that one''s chapters'),
('service_role', 'nora', 'nora', '42501', 'not for themselves'),
('service_role', 'sara', 'nina', 'PT404', 'and organisation'),
('service_role', 'olga', 'stranger', '42501', 'not for somebody who coordinates nothing'),
('service_role', 'olga', null, '22023', 'and not for nobody');
select plan((select count(*)::int from cases) * 2 + 2);
select tests.make_two_organisations();
select tests.make_coordinator('nora', 'north');
select tests.make_mentor('nora', 'north');
select is(
    tests.outcome(
        case cases.actor when 'service_role' then 'service_role' else 'authenticated' end,
        case when cases.actor <> 'service_role' then tests.id('user', cases.actor) end,
        format(way.template, tests.id('mentor', cases.mentor), tests.id('user', cases.named))
    ),
    case when way.is_bulk and cases.outcome in ('42501', 'PT404') and cases.mentor in ('berit', 'nora', 'sara') then 'PL006' else cases.outcome end,
    format('%s (%s)', cases.title, case when way.is_bulk then 'bulk' else 'one' end)
)
from cases
cross join (
    values
    (false, 'select from public.register_proxy_activity(%1$L, ''walk'', ''2026-02-01'', 30, coordinator_id => %2$L)'),
    (
        true,
        'select from public.register_proxy_activities(jsonb_build_array(jsonb_build_object(''mentor_id'', %1$L, '
        '''activity_type'', ''walk'', ''occurred_on'', ''2026-02-01'', ''duration_minutes'', 30)), coordinator_id => %2$L)'
    )
) as way (is_bulk, template);

select tests.acts_as('service_role');
select public.register_proxy_activity(
    tests.id('mentor', 'olga'), 'walk', '2026-02-01', 30, tests.id('activity', 'new'), coordinator_id => tests.id('user', 'oskar')
);
select results_eq(
    $$ select coordinator_id, payload_snapshot ->> 'coordinator_id' from public.get_proxy_history(tests.id('activity', 'new')) as h (a, b, coordinator_id, payload_snapshot, c) $$,
    $$ values (tests.id('user', 'oskar'), tests.id('user', 'oskar')::text) $$,
    'it is that coordinator''s word'
);
select tests.acts_as('service_role', tests.id('user', 'oskar'));
select is(
    (public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-02', 30)).coordinator_id, tests.id('user', 'oskar'),
    'the service role with a coordinator''s token need not name them'
);
select * from finish();
rollback;
