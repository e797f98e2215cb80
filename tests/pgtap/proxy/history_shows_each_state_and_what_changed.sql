begin;
select plan(12);
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

-- Pages.
select throws_ok(
    format('select public.get_proxy_history(%L, %s)', tests.id('activity', 'nina for olga'), page), '22023', null, 'not a page: ' || page
)
from unnest(array['1001', '10, -1']) as page;
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select results_eq(
    $$
    select event_type, (snapshot -> 'duration_minutes')::int, changes, total_count
    from public.get_proxy_history(tests.id('activity', 'nina for olga'), 2, 1)
    $$,
    $$
    values
    ('updated', 45, '{"duration_minutes": {"old": 60, "new": 45}, "participant_count": {"old": 1, "new": 3}}'::jsonb, 4::bigint),
    ('updated', 45, '{"voided_at": {"old": null, "new": "2026-03-01T11:00:00+00:00"}}', 4)
    $$,
    'a page says what changed since the page before'
);
select is_empty(
    $$ select from public.get_proxy_history(tests.id('activity', 'nina for olga'), 10, 1000) $$, 'beyond the last page there is nothing'
);
select tests.acts_as('service_role');
select is_empty(
    $$ select from public.get_proxy_history(tests.id('activity', 'nina for olga'), 10, 1000) $$, 'for the service role neither'
);
reset role;
-- What is restored from a backup comes after what is newer.
insert into public.proxy_audit_log (
    proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, "timestamp", payload_snapshot, organisation_id
)
select
    tests.id('activity', 'restored'), log.event_type, log.coordinator_id, log.attributed_mentor_id, given.at,
    jsonb_build_object('duration_minutes', given.minutes, 'updated_at', given.at), log.organisation_id
from public.proxy_audit_log as log
cross join (values (3, now(), 47), (2, now() - interval '2 minutes', 46), (1, now() - interval '4 minutes', 45)) as given (nth, at, minutes)
where log.proxy_activity_id = tests.id('activity', 'nina for berit')
order by given.nth desc;
select results_eq(
    $$ select changes from public.get_proxy_history(tests.id('activity', 'restored')) $$,
    $$
    values
    ('{}'::jsonb), ('{"duration_minutes": {"old": 45, "new": 46}}'), ('{"duration_minutes": {"old": 46, "new": 47}}')
    $$,
    'each state is compared with the one before it in time'
);
select * from finish();
rollback;
