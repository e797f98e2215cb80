begin;
select plan(6);
select tests.make_two_organisations();
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select public.update_proxy_activity(tests.id('activity', 'nina for olga'), '{"duration_minutes": 45, "participant_count": 3}');
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
update public.activities set voided_at = '2026-03-01 12:00+01' where id = tests.id('activity', 'nina for olga');
set local time zone 'Asia/Tokyo';
select public.update_proxy_activity(tests.id('activity', 'nina for olga'), '{"delivery_mode": "phone"}');
create temporary table expected as
select *
from (
    values
    ('created', 'nina', '{}'::jsonb, 60),
    ('updated', 'nina', '{"duration_minutes": {"old": 60, "new": 45}, "participant_count": {"old": 1, "new": 3}}', 45),
    ('updated', 'oskar', '{"voided_at": {"old": null, "new": "2026-03-01T11:00:00+00:00"}}', 45),
    ('updated', 'oskar', '{"delivery_mode": {"old": "in_person", "new": "phone"}}', 45)
) as state (event_type, coordinator, changes, minutes);
prepare found as
select event_type, coordinator_id, changes, (snapshot -> 'duration_minutes')::int
from public.get_proxy_history(tests.id('activity', 'nina for olga'));
prepare wanted as select event_type, tests.id('user', coordinator), changes, minutes from expected;
select results_eq('found', 'wanted', 'field by field');
reset role;
delete from public.activities where id = tests.id('activity', 'nina for olga');
grant select on expected to public;
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select results_eq('found', 'wanted', 'also when the activity is gone');
select tests.acts_as('service_role');
select results_eq('found', 'wanted', 'for the service role');
select tests.acts_as('authenticated', tests.id('user', 'sven'));
select throws_ok(
    'execute found', 'PT404',
    format('There is no history of an activity %s that you can see.', tests.id('activity', 'nina for olga')), 'not for another organisation'
);
select tests.acts_as('authenticated', tests.id('user', 'olga'));
select throws_ok(
    'execute found', 'PT404',
    format('There is no history of an activity %s that you can see.', tests.id('activity', 'nina for olga')), 'nor for the mentor'
);
reset role;
select throws_ok(
    $$ select public.get_proxy_history(tests.id('activity', 'olga''s')) $$, 'PT404',
    format('There is no history of an activity %s that you can see.', tests.id('activity', 'olga''s')), 'the mentor''s own has none'
);
select * from finish();
rollback;
